package dev.tandem.backend;

/** How a reduction joins elements. A NaN among the elements gives NaN. Over no elements, SUM is 0, MEAN is NaN, MAX is −∞ and MIN +∞. */
public enum ReduceOp {
    SUM,
    MEAN,
    MAX,
    MIN
}
