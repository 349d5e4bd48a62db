package dev.tandem.backend;

import dev.tandem.tensor.ShapeException;

/**
 * How a convolution or pooling slides over an image: kernel, stride, padding on each side, dilation (1 = dense).
 *
 * <p>{@code H' = floor((H + padTop + padBottom − dilation·(kernel − 1) − 1) / stride) + 1}, and likewise for the width.
 */
public record Window(
        int kernelHeight,
        int kernelWidth,
        int strideHeight,
        int strideWidth,
        int padTop,
        int padBottom,
        int padLeft,
        int padRight,
        int dilationHeight,
        int dilationWidth) {

    public Window {
        if (kernelHeight < 1 || kernelWidth < 1 || strideHeight < 1 || strideWidth < 1) {
            throw new ShapeException("window: kernel " + kernelHeight + "×" + kernelWidth + " and stride "
                    + strideHeight + "×" + strideWidth + " must be at least 1");
        }
        if (padTop < 0 || padBottom < 0 || padLeft < 0 || padRight < 0 || dilationHeight < 1 || dilationWidth < 1) {
            throw new ShapeException("window: padding must not be negative and dilation must be at least 1");
        }
    }

    /** A square window. */
    public static Window square(int kernel, int stride, int padding) {
        return new Window(kernel, kernel, stride, stride, padding, padding, padding, padding, 1, 1);
    }

    /** Output height; zero or less means that the kernel does not fit. */
    public long outputHeight(long height) {
        return Math.floorDiv(height + padTop + padBottom - (long) dilationHeight * (kernelHeight - 1) - 1, strideHeight)
                + 1;
    }

    /** Output width; zero or less means that the kernel does not fit. */
    public long outputWidth(long width) {
        return Math.floorDiv(width + padLeft + padRight - (long) dilationWidth * (kernelWidth - 1) - 1, strideWidth)
                + 1;
    }
}
