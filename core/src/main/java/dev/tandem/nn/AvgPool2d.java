package dev.tandem.nn;

import dev.tandem.backend.PoolKind;

/** The mean of each window; padding counts as zeros unless set otherwise. See {@link Pool2d} for shapes and defaults. */
public final class AvgPool2d extends Pool2d<AvgPool2d> {
    private boolean countPadding = true;

    public AvgPool2d(int kernelSize) {
        this(kernelSize, kernelSize);
    }

    public AvgPool2d(int kernelHeight, int kernelWidth) {
        super(kernelHeight, kernelWidth);
    }

    /** Whether padding counts in the mean, as zeros; true by default, as in PyTorch. */
    public AvgPool2d countPadding(boolean counted) {
        countPadding = counted;
        return this;
    }

    @Override
    protected PoolKind kind() {
        return countPadding && window().hasPadding() ? PoolKind.AVERAGE_WITH_PADDING : PoolKind.AVERAGE;
    }
}
