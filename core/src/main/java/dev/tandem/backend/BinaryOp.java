package dev.tandem.backend;

/** Element-wise functions of two operands. Comparisons give {@code UINT8} ones and zeros. */
public enum BinaryOp {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    /** NaN if either is; so is MINIMUM. */
    MAXIMUM,
    MINIMUM,
    /** {@code a^b}. */
    POWER,
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_EQUAL,
    GREATER,
    GREATER_EQUAL;

    public boolean isComparison() {
        return compareTo(EQUAL) >= 0;
    }
}
