package dev.tandem.cpu;

/** Loops of {@link PlanarPooling}, over addresses in planes. */
interface PlanarPoolKernels {
    /** Floats of a vector. */
    int lanes();

    /**
     * The largest element of each window, NaN counting as largest, and its number in the window.
     *
     * @param rectified whether a maximum below zero is zero, with the number −1
     * @param image a plain image
     * @param values where its planes of maxima go, and up to a vector more; likewise {@code picked}, numbers as floats
     */
    void max(PlanarPoolPlan plan, boolean rectified, long image, long values, long picked);

    /** Gives each window's gradient to the element that was picked, and zero to the window's others. */
    void scatter(PlanarPoolPlan plan, long gradient, long picked, long image);
}
