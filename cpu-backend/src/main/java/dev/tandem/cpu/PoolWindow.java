package dev.tandem.cpu;

import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;

/** The part of a pooling window that lies inside the image, moved from output pixel to output pixel by one thread. */
final class PoolWindow {
    private final Window window;
    private final int height;
    private final int width;
    final int channels;
    /** From one row of the window to the next; likewise {@link #columnBytes}. */
    final long rowBytes;

    final long columnBytes;

    /** Of the first pixel inside the image. */
    long address;

    int rows;
    int columns;
    /** Of the first pixel inside the image among all of the window's; the next in its row has one more. */
    int number;

    PoolWindow(Shape x, Window window) {
        this.window = window;
        this.height = (int) x.size(2);
        this.width = (int) x.size(3);
        this.channels = (int) x.size(1);
        this.rowBytes = (long) Float.BYTES * channels * width * window.dilationHeight();
        this.columnBytes = (long) Float.BYTES * channels * window.dilationWidth();
    }

    /** The number of the first pixel in a row of the window. */
    int number(int row) {
        return number + row * window.kernelWidth();
    }

    /** @param image address of the image that the output pixel belongs to */
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
