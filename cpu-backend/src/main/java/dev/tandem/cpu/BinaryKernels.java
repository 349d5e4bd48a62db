package dev.tandem.cpu;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.ReduceOp;

/** Loops over runs of float32 memory at absolute addresses, element by element. Two implementations agree bit for bit, but for sums. */
interface BinaryKernels {
    /** Arithmetic only, no comparison. An operand that is one repeated element has {@code stride 0}, else 1. */
    void binary(BinaryOp op, long a, int strideA, long b, int strideB, long result, long count);

    /** Comparisons; writes bytes, 1 or 0. */
    void compare(BinaryOp op, long a, int strideA, long b, int strideB, long result, long count);

    /** {@code a} where the byte {@code condition} is not 0, else {@code b}: any elements of 4 bytes. */
    void where(long condition, int strideCondition, long a, int strideA, long b, int strideB, long result, long count);

    /** The sum of a run, in double precision. */
    double sum(long x, long count);

    /** The largest ({@code MAX}) or smallest ({@code MIN}) of a run and a start value; NaN if there is one. */
    float extreme(ReduceOp op, long x, long count, float start);

    /** {@code total = op(total, x)} for each element: SUM, MAX or MIN. */
    void accumulate(ReduceOp op, long x, long total, long count);
}
