package dev.tandem.cpu;

import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;

/**
 * Some pooling windows side by side, as far as they lie inside the image, moved from output pixel to output pixel by one
 * thread. At the image's edges it is one window at a time.
 */
final class PoolWindows {
    private final Window window;
    private final int height;
    private final int width;
    final int channels;
    /** From one row of a window to the next; likewise {@link #columnBytes}. */
    final long rowBytes;

    final long columnBytes;

    /** From one window to the next. */
    final long stepBytes;

    int count;
    /** Of the first window's first pixel inside the image. */
    long address;

    int rows;
    int columns;
    /** Of the first pixel inside the image among all of its window's; the next in its row has one more. */
    int number;

    PoolWindows(Shape x, Window window) {
        this.window = window;
        this.height = (int) x.size(2);
        this.width = (int) x.size(3);
        this.channels = (int) x.size(1);
        this.rowBytes = (long) Float.BYTES * channels * width * window.dilationHeight();
        this.columnBytes = (long) Float.BYTES * channels * window.dilationWidth();
        this.stepBytes = (long) Float.BYTES * channels * window.strideWidth();
    }

    /** The number of the first pixel in a row of a window. */
    int number(int row) {
        return number + row * window.kernelWidth();
    }

    /**
     * To the window of an output pixel and as many behind it as are alike.
     *
     * @param image address of the image
     */
    void moveTo(long image, int outputRow, int outputColumn) {
        int top = outputRow * window.strideHeight() - window.padTop();
        int left = outputColumn * window.strideWidth() - window.padLeft();
        int firstRow = first(top, window.dilationHeight());
        int firstColumn = first(left, window.dilationWidth());
        rows = end(top, window.dilationHeight(), window.kernelHeight(), height) - firstRow;
        columns = end(left, window.dilationWidth(), window.kernelWidth(), width) - firstColumn;
        number = firstRow * window.kernelWidth() + firstColumn;
        int y = top + firstRow * window.dilationHeight();
        int x = left + firstColumn * window.dilationWidth();
        address = image + (long) Float.BYTES * channels * ((long) y * width + x);
        int free = width - left - window.kernelExtentWidth();
        count = left < 0 || free < 0 ? 1 : free / window.strideWidth() + 1;
    }

    /** The first element of a window that is not before the image. */
    private static int first(int start, int dilation) {
        return start >= 0 ? 0 : Math.ceilDiv(-start, dilation);
    }

    /** One past the last element of a window that is not behind the image. */
    private static int end(int start, int dilation, int kernel, int size) {
        return Math.min(kernel, Math.ceilDiv(size - start, dilation));
    }
}
