package dev.tandem.cpu;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.ReduceOp;

/** Loops over runs of float32 memory at absolute addresses, element by element. Two implementations agree bit for bit, but for sums. */
interface ElementwiseKernels {
    /** {@code max(x, 0)}; NaN stays NaN. */
    void relu(long x, long y, long count);

    /** {@code gradient} where {@code y > 0}, else 0; the result may lie where the gradient does. */
    void reluBackward(long gradient, long y, long result, long count);

    /** {@code min(max(x, low), high)}; NaN stays NaN. */
    void clamp(long x, long y, long count, float low, float high);

    /** Arithmetic only, no comparison. An operand that is one repeated element has {@code stride 0}, else 1. */
    void binary(BinaryOp op, long a, int strideA, long b, int strideB, long result, long count);

    /** {@code y = alpha·x + beta·y}; with {@code beta = 0} y is not read. */
    void axpby(float alpha, long x, float beta, long y, long count);

    /** The sum of a run, in double precision. */
    double sum(long x, long count);

    /** The largest ({@code MAX}) or smallest ({@code MIN}) of a run and a start value; NaN if there is one. */
    float extreme(ReduceOp op, long x, long count, float start);

    /** {@code total = op(total, x)} for each element: SUM, MAX or MIN. */
    void accumulate(ReduceOp op, long x, long total, long count);
}
