package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tandem.backend.BinaryOp;

/** Element-wise loops in plain Java. */
final class ScalarBinaryKernels implements BinaryKernels {
    static float get(long address) {
        return NativeMemory.ALL.get(JAVA_FLOAT, address);
    }

    static void set(long address, float value) {
        NativeMemory.ALL.set(JAVA_FLOAT, address, value);
    }

    static float apply(BinaryOp op, float a, float b) {
        return switch (op) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case MAXIMUM -> Math.max(a, b);
            case MINIMUM -> Math.min(a, b);
            case POWER -> power(a, b);
            default -> throw new AssertionError(op);
        };
    }

    /** As IEEE 754 has it; Java's own makes NaN of 1 and of −1 to the power of infinity, and of 1 to that of NaN. */
    private static float power(float a, float b) {
        return a == 1 || a == -1 && Float.isInfinite(b) ? 1 : (float) Math.pow(a, b);
    }

    @Override
    public void binary(BinaryOp op, long a, int strideA, long b, int strideB, long result, long count) {
        for (long i = 0; i < count; i++) {
            set(result + 4 * i, apply(op, get(a + 4 * i * strideA), get(b + 4 * i * strideB)));
        }
    }

    @Override
    public void compare(BinaryOp op, long a, int strideA, long b, int strideB, long result, long count) {
        for (long i = 0; i < count; i++) {
            boolean holds = holds(op, get(a + 4 * i * strideA), get(b + 4 * i * strideB));
            NativeMemory.ALL.set(JAVA_BYTE, result + i, (byte) (holds ? 1 : 0));
        }
    }

    private static boolean holds(BinaryOp op, float a, float b) {
        return switch (op) {
            case EQUAL -> a == b;
            case NOT_EQUAL -> a != b;
            case LESS -> a < b;
            case LESS_EQUAL -> a <= b;
            case GREATER -> a > b;
            case GREATER_EQUAL -> a >= b;
            default -> throw new AssertionError(op);
        };
    }

    @Override
    public void where(
            long condition, int strideCondition, long a, int strideA, long b, int strideB, long result, long count) {
        for (long i = 0; i < count; i++) {
            boolean first = NativeMemory.ALL.get(JAVA_BYTE, condition + i * strideCondition) != 0;
            int bits = NativeMemory.ALL.get(JAVA_INT, first ? a + 4 * i * strideA : b + 4 * i * strideB);
            NativeMemory.ALL.set(JAVA_INT, result + 4 * i, bits);
        }
    }
}
