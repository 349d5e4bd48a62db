package dev.tandem.cpu;

import dev.tandem.backend.ReduceOp;

/**
 * Loops that join many floats at absolute addresses. Each joins in an order of its own that does not change from call to
 * call, so that sums repeat bit for bit; the two implementations differ by rounding. MAX and MIN are NaN if an element is.
 */
interface ReduceKernels {
    /** Of a run of at most some ten thousand, whose error is that of some hundred additions. */
    float sum(long x, long count);

    /** MAX or MIN of a run of at least one. */
    float extreme(ReduceOp op, long x, long count);

    /** Joins rows element by element by SUM, MAX or MIN: {@code y[i]} of all {@code x[row·stride + i]}; at least one row. */
    void columns(ReduceOp op, long x, long rows, long stride, long width, long y);

    /** {@code y[i]} joined with {@code x[i]}. */
    void accumulate(ReduceOp op, long x, long y, long count);

    /** The place of the first element equal to a value (of the first NaN, for NaN), or {@code count}. */
    long indexOf(long x, long count, float value);
}
