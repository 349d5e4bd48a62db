package dev.tandem.cpu;

import dev.tandem.backend.UnaryOp;

/**
 * Loops over runs of memory in which each element is by itself, at absolute addresses. The two implementations agree bit for
 * bit, in Java's interpreter too: no library functions whose vector and scalar versions round differently.
 */
interface ElementwiseKernels {
    /** Whether {@link #unary} has a function; oneDNN has the others. */
    static boolean hasForward(UnaryOp op) {
        return switch (op) {
            case POWER, ELU, SIGMOID, TANH, GELU, GELU_TANH, SILU -> false;
            default -> true;
        };
    }

    /** Whether {@link #unaryBackward} has a function's derivative; oneDNN has the others. */
    static boolean hasBackward(UnaryOp op) {
        return hasForward(op) || op == UnaryOp.SIGMOID || op == UnaryOp.TANH;
    }

    /** {@code y = f(x)}, which may be one memory. */
    void unary(UnaryOp op, long x, long y, long count, float a, float b);

    /** {@code target = gradient · f'(saved)}; target may be the gradient's memory; saved is the input, the output, or 0. */
    void unaryBackward(UnaryOp op, long gradient, long saved, long target, long count, float a, float b);

    /** {@code y = alpha·x + beta·y}; with beta 0, y is not read. */
    void axpby(float alpha, long x, float beta, long y, long count);
}
