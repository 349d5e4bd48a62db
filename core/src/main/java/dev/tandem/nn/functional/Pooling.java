package dev.tandem.nn.functional;

import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/** Pooling over windows of images, with its backward. */
public final class Pooling {
    private Pooling() {}

    /**
     * Takes the maximum, mean or median of each window.
     *
     * @param x {@code [N, C, H, W]}
     * @param window whose padding must be smaller than its kernel, so that no window misses the image
     * @return {@code [N, C, H', W']}, see {@link Window}
     */
    public static Tensor pool(PoolKind kind, Tensor x, Window window) {
        check(x, window);
        NeuralOps.Result result = x.device().neural().pool(kind, x.storage(), window, Autograd.isRecording(x));
        Shape shape = x.shape();
        Tensor y = Autograd.record(
                "pool", x.device(), result.output(), new Tensor[] {x}, new Storage[] {result.saved()}, backward -> {
                    Storage saved = Saved.storage(backward, 0);
                    Storage gradient = backward.gradient().storage();
                    backward.give(0, backward.device().neural().poolBackward(kind, gradient, saved, shape, window));
                });
        Saved.release(result.saved());
        return y;
    }

    /** The mean of each channel: {@code [N, C, H, W] → [N, C, 1, 1]}. */
    public static Tensor globalAverage(Tensor x) {
        Checks.image("global average pooling", x);
        return pool(PoolKind.AVERAGE, x, whole(x));
    }

    /** The maximum of each channel: {@code [N, C, H, W] → [N, C, 1, 1]}. */
    public static Tensor globalMax(Tensor x) {
        Checks.image("global max pooling", x);
        return pool(PoolKind.MAX, x, whole(x));
    }

    private static Window whole(Tensor x) {
        int height = Math.toIntExact(Math.max(1, x.size(2)));
        int width = Math.toIntExact(Math.max(1, x.size(3)));
        return new Window(height, width, 1, 1, 0, 0, 0, 0, 1, 1);
    }

    /**
     * Pooling whose output size is rounded up: a last window that hangs over the edge counts, if it starts inside the image or
     * its first padding. As PyTorch's {@code ceil_mode}: what hangs over never counts in a mean's divisor.
     */
    public static Tensor poolCeil(PoolKind kind, Tensor x, Window window) {
        Checks.image("pooling", x);
        Window grown = roundUp(window, x.size(2), x.size(3));
        if (kind != PoolKind.AVERAGE_WITH_PADDING || grown.equals(window)) {
            return pool(kind, x, grown);
        }
        // The padding asked for counts as zeros, the overhang not at all: so the first becomes part of the image.
        long[] before = {0, 0, window.padTop(), window.padLeft()};
        long[] after = {0, 0, window.padBottom(), window.padRight()};
        Window overhang =
                window.withPadding(0, grown.padBottom() - window.padBottom(), 0, grown.padRight() - window.padRight());
        return pool(PoolKind.AVERAGE, x.pad(before, after, PadMode.CONSTANT, 0), overhang);
    }

    /** The window with as much more padding below and to the right as output sizes rounded up need. */
    public static Window roundUp(Window window, long height, long width) {
        int bottom = overhang(
                height, window.padTop(), window.padBottom(), window.kernelExtentHeight(), window.strideHeight());
        int right =
                overhang(width, window.padLeft(), window.padRight(), window.kernelExtentWidth(), window.strideWidth());
        return window.withPadding(
                window.padTop(), window.padBottom() + bottom, window.padLeft(), window.padRight() + right);
    }

    private static int overhang(long size, int before, int after, int extent, int stride) {
        long last = Math.ceilDiv(size + before + after - extent, stride); // index of the last window
        if (last * stride >= size + before) {
            last--;
        }
        return Math.toIntExact(Math.max(0, last * stride + extent - size - before - after));
    }

    private static void check(Tensor x, Window window) {
        Checks.image("pooling", OperationKind.POOL, x);
        Checks.windowFits("pooling", x, window);
        int height = window.kernelExtentHeight();
        int width = window.kernelExtentWidth();
        if (Math.max(window.padTop(), window.padBottom()) >= height
                || Math.max(window.padLeft(), window.padRight()) >= width) {
            throw new InputShapeException(
                    "pooling",
                    "padding " + window.padTop() + "+" + window.padBottom() + " by " + window.padLeft() + "+"
                            + window.padRight() + " must be smaller than the window of " + height + "×" + width
                            + ", or a window would miss the image");
        }
        if (straddles(x.size(2), window.kernelHeight(), window.dilationHeight(), window.padTop() + window.padBottom())
                || straddles(
                        x.size(3),
                        window.kernelWidth(),
                        window.dilationWidth(),
                        window.padLeft() + window.padRight())) {
            throw new InputShapeException(
                    "pooling",
                    "input " + x.shape() + " must be no smaller than the dilation of " + window.dilationHeight() + "×"
                            + window.dilationWidth() + ", or a window would miss the image");
        }
    }

    /** Whether a window's elements may lie on both sides of an image and none in it. */
    private static boolean straddles(long size, int kernel, int dilation, int padding) {
        return size < dilation && kernel > 1 && padding > 0;
    }
}
