package dev.tandem.backend;

/** What pooling takes of a window. */
public enum PoolKind {
    /** NaN if any is. */
    MAX,
    /** {@link #MAX} of the ReLU: zero where no element is positive, and then none gets a gradient. */
    RECTIFIED_MAX,
    /** The mean, padding counted as zeros. */
    AVERAGE_WITH_PADDING,
    /** The mean of the elements inside the image. */
    AVERAGE,
    /** The lower middle of the sorted elements inside the image. */
    MEDIAN;

    /** Whether it picks one of a window's elements, so that backward must know which. */
    public boolean picks() {
        return this == MAX || this == RECTIFIED_MAX || this == MEDIAN;
    }
}
