package dev.tandem.backend;

/** How a reduction joins elements. Over no elements, SUM is 0, MEAN is NaN, MAX is −∞ and MIN +∞. */
public enum ReduceOp {
    SUM,
    MEAN,
    MAX,
    MIN
}
