package dev.tandem.cpu;

/** Loops for pooling that picks one element of each window, by channels. Images lie with channels last. */
interface PoolKernels {
    /**
     * For each channel the largest element of each of some windows, NaN counting as largest, and its number.
     *
     * @param rectified whether a maximum below zero is zero, with the number −1
     * @param y where the first window's result goes; the others' follow
     * @param picked where to write the numbers (as floats), or 0
     */
    void max(PoolWindows windows, boolean rectified, long y, long picked);

    /** For each channel, gives each window's gradient to the element that was picked, and zero to the window's others. */
    void scatter(PoolWindows windows, long gradient, long picked);

    /**
     * Adds the gradients of windows side by side to the elements that are all of one number in their windows, where that was picked.
     *
     * @param gradient of the first window; likewise {@code picked}
     * @param target the first window's element; the others' are {@code step} bytes from one to the next
     */
    void addPicked(long gradient, long picked, int windows, int channels, int number, long target, long step);
}
