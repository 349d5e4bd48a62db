package dev.tandem.backend;

/** What pooling takes of a window. */
public enum PoolKind {
    /** NaN if any is. */
    MAX,
    /** The mean, padding counted as zeros. */
    AVERAGE_WITH_PADDING,
    /** The mean of the elements inside the image. */
    AVERAGE,
    /** The lower middle of the sorted elements inside the image. */
    MEDIAN
}
