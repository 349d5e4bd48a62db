package dev.tandem.cpu;

import dev.tandem.backend.BinaryOp;

/** Loops over runs of float32 memory at absolute addresses, element by element. Two implementations agree bit for bit, but for sums. */
interface BinaryKernels {
    /** Arithmetic only, no comparison. An operand that is one repeated element has {@code stride 0}, else 1. */
    void binary(BinaryOp op, long a, int strideA, long b, int strideB, long result, long count);

    /** Comparisons; writes bytes, 1 or 0. */
    void compare(BinaryOp op, long a, int strideA, long b, int strideB, long result, long count);

    /** {@code a} where the byte {@code condition} is not 0, else {@code b}: any elements of 4 bytes. */
    void where(long condition, int strideCondition, long a, int strideA, long b, int strideB, long result, long count);
}
