package dev.tandem.cpu;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.UnaryOp;

/** Arithmetic of the integer types, one element at a time: no training step waits for it. Results wrap around as the type does. */
final class IntegerFunctions {
    private IntegerFunctions() {}

    static void unary(CpuRuntime runtime, UnaryOp op, CpuStorage x, CpuStorage y, float a, float b) {
        runtime.parallel().run(x.shape().elements(), (from, to) -> {
            for (long i = from; i < to; i++) {
                long value = Integers.get(x.dtype(), x.address, i);
                Integers.set(y.dtype(), y.address, i, unary(x, op, value, a, b));
            }
        });
    }

    private static long unary(CpuStorage x, UnaryOp op, long value, float a, float b) {
        return switch (op) {
            case NEGATE -> -value;
            case ABS -> Math.abs(value);
            case SIGN -> Long.signum(value);
            case SQUARE -> value * value;
            case RELU -> Math.max(value, 0);
            case LINEAR ->
                a == (long) a && b == (long) b ? value * (long) a + (long) b : (long) ((double) a * value + b);
            case CLAMP -> Math.min(Math.max(value, (long) a), (long) b);
            case FLOOR, CEIL, ROUND -> value;
            default ->
                throw new UnsupportedOperationException(
                        "cpu: " + op + " of " + x.dtype() + " is not supported; cast to FLOAT32 first");
        };
    }

    static long binary(BinaryOp op, long x, long y) {
        return switch (op) {
            case ADD -> x + y;
            case SUBTRACT -> x - y;
            case MULTIPLY -> x * y;
            case DIVIDE -> {
                if (y == 0) {
                    throw new ArithmeticException("divide: an integer divided by zero");
                }
                yield x / y;
            }
            case MAXIMUM -> Math.max(x, y);
            case MINIMUM -> Math.min(x, y);
            case POWER -> power(x, y);
            case EQUAL -> x == y ? 1 : 0;
            case NOT_EQUAL -> x != y ? 1 : 0;
            case LESS -> x < y ? 1 : 0;
            case LESS_EQUAL -> x <= y ? 1 : 0;
            case GREATER -> x > y ? 1 : 0;
            case GREATER_EQUAL -> x >= y ? 1 : 0;
        };
    }

    private static long power(long base, long exponent) {
        if (exponent < 0) {
            throw new ArithmeticException("power: an integer with the negative exponent " + exponent);
        }
        long result = 1;
        for (long left = exponent, square = base; left > 0; left >>= 1, square *= square) {
            if ((left & 1) == 1) {
                result *= square;
            }
        }
        return result;
    }
}
