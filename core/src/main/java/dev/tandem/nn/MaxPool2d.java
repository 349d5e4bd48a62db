package dev.tandem.nn;

import dev.tandem.backend.PoolKind;
import dev.tandem.tensor.Tensor;

/** The maximum of each window. Padding never wins. AlexNet's overlapping pooling is kernel 3, stride 2. See {@link Pool2d} for shapes and defaults. */
public final class MaxPool2d extends Pool2d<MaxPool2d> {
    public MaxPool2d(int kernelSize) {
        this(kernelSize, kernelSize);
    }

    public MaxPool2d(int kernelHeight, int kernelWidth) {
        super(kernelHeight, kernelWidth);
    }

    @Override
    protected PoolKind kind() {
        return PoolKind.MAX;
    }

    /** As {@link #apply}, of the input's ReLU; that need not be computed by itself, since maxima may as well be rectified. */
    public Tensor applyRectified(Tensor input) {
        return run(input, x -> forward(PoolKind.RECTIFIED_MAX, x));
    }
}
