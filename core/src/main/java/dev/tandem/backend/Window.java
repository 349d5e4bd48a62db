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

    public Window withStride(int height, int width) {
        return new Window(
                kernelHeight,
                kernelWidth,
                height,
                width,
                padTop,
                padBottom,
                padLeft,
                padRight,
                dilationHeight,
                dilationWidth);
    }

    public Window withPadding(int top, int bottom, int left, int right) {
        return new Window(
                kernelHeight,
                kernelWidth,
                strideHeight,
                strideWidth,
                top,
                bottom,
                left,
                right,
                dilationHeight,
                dilationWidth);
    }

    public Window withDilation(int height, int width) {
        return new Window(
                kernelHeight,
                kernelWidth,
                strideHeight,
                strideWidth,
                padTop,
                padBottom,
                padLeft,
                padRight,
                height,
                width);
    }

    /** Padding for {@code ceil(size / stride)} outputs, the odd pixel below and to the right: TensorFlow's "SAME". */
    public Window withSamePadding(long height, long width) {
        int vertical = samePadding(height, kernelExtentHeight(), strideHeight);
        int horizontal = samePadding(width, kernelExtentWidth(), strideWidth);
        return withPadding(vertical / 2, vertical - vertical / 2, horizontal / 2, horizontal - horizontal / 2);
    }

    private static int samePadding(long size, int extent, int stride) {
        return Math.toIntExact(Math.max(0, (Math.ceilDiv(size, (long) stride) - 1) * stride + extent - size));
    }

    /** Pixels from the first to the last that a kernel covers, gaps of dilation included. */
    public int kernelExtentHeight() {
        return dilationHeight * (kernelHeight - 1) + 1;
    }

    /** See {@link #kernelExtentHeight}. */
    public int kernelExtentWidth() {
        return dilationWidth * (kernelWidth - 1) + 1;
    }

    public boolean hasPadding() {
        return padTop + padBottom + padLeft + padRight > 0;
    }

    /** For people: {@code 3×3, stride 2, padding 1}. */
    public String describe() {
        StringBuilder text = new StringBuilder(kernelHeight + "×" + kernelWidth);
        if (strideHeight != 1 || strideWidth != 1) {
            text.append(", stride ").append(pair(strideHeight, strideWidth));
        }
        if (padTop != padBottom || padLeft != padRight) {
            text.append(", padding " + padTop + "+" + padBottom + "×" + padLeft + "+" + padRight);
        } else if (hasPadding()) {
            text.append(", padding ").append(pair(padTop, padLeft));
        }
        if (dilationHeight != 1 || dilationWidth != 1) {
            text.append(", dilation ").append(pair(dilationHeight, dilationWidth));
        }
        return text.toString();
    }

    private static String pair(int height, int width) {
        return height == width ? Integer.toString(height) : height + "×" + width;
    }
}
