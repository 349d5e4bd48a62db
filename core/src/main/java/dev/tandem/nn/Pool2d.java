package dev.tandem.nn;

import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Window;
import dev.tandem.nn.functional.Pooling;
import dev.tandem.tensor.Tensor;

/**
 * What the pooling layers share. Input {@code [N, C, H, W]}, output {@code [N, C, H', W']} as of {@link Window}. The stride
 * is the kernel's size, so that windows do not overlap, unless set otherwise.
 *
 * @param <P> the layer itself, for chained settings
 */
public abstract class Pool2d<P extends Pool2d<P>> extends Module {
    private Window window;
    private boolean ceilMode;

    protected Pool2d(int kernelHeight, int kernelWidth) {
        window = new Window(kernelHeight, kernelWidth, kernelHeight, kernelWidth, 0, 0, 0, 0, 1, 1);
    }

    protected abstract PoolKind kind();

    @SuppressWarnings("unchecked")
    private P self() {
        return (P) this;
    }

    public P stride(int stride) {
        return stride(stride, stride);
    }

    public P stride(int height, int width) {
        window = window.withStride(height, width);
        return self();
    }

    /** The same on all four sides; smaller than the kernel. */
    public P padding(int padding) {
        return padding(padding, padding, padding, padding);
    }

    public P padding(int top, int bottom, int left, int right) {
        window = window.withPadding(top, bottom, left, right);
        return self();
    }

    public P dilation(int dilation) {
        window = window.withDilation(dilation, dilation);
        return self();
    }

    /** Rounds the output size up: a last window may hang over the edge. As PyTorch's {@code ceil_mode=True}. */
    public P ceilMode() {
        ceilMode = true;
        return self();
    }

    public Window window() {
        return window;
    }

    public boolean isCeilMode() {
        return ceilMode;
    }

    @Override
    protected Tensor forward(Tensor input) {
        return forward(kind(), input);
    }

    final Tensor forward(PoolKind kind, Tensor input) {
        return ceilMode ? Pooling.poolCeil(kind, input, window) : Pooling.pool(kind, input, window);
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "(" + window.describe() + (ceilMode ? ", rounded up" : "") + ")";
    }
}
