package dev.tandem.nn;

import dev.tandem.backend.PoolKind;

/** The median of each window. Padding is left out; of an even number of elements it is the lower middle. See {@link Pool2d} for shapes and defaults. */
public final class MedianPool2d extends Pool2d<MedianPool2d> {
    public MedianPool2d(int kernelSize) {
        this(kernelSize, kernelSize);
    }

    public MedianPool2d(int kernelHeight, int kernelWidth) {
        super(kernelHeight, kernelWidth);
    }

    @Override
    protected PoolKind kind() {
        return PoolKind.MEDIAN;
    }
}
