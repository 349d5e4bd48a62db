package dev.tandem.cpu;

/** Loops over the channels of one pixel, for pooling that picks an element of each window. Images lie with channels last. */
interface PoolKernels {
    /**
     * For each channel the largest element of a window, NaN counting as largest, and its number.
     *
     * @param index where to write the numbers (INT32), or 0
     */
    void max(PoolWindow window, long y, long index);

    /**
     * For each channel of one input pixel, the sum of the gradients of the windows that picked it.
     *
     * @param rows the windows over each input row; likewise {@code columns}
     */
    void gather(
            long gradient,
            long index,
            WindowTaps rows,
            int row,
            WindowTaps columns,
            int column,
            int channels,
            long target);
}
