package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.UnaryOp;

/** Plain loops, for Java runtimes without the Vector API and for the last elements of vector loops. */
final class ScalarElementwiseKernels implements ElementwiseKernels {
    static float get(long address) {
        return NativeMemory.ALL.get(JAVA_FLOAT, address);
    }

    static void set(long address, float value) {
        NativeMemory.ALL.set(JAVA_FLOAT, address, value);
    }

    private static float get(long address, long i) {
        return NativeMemory.ALL.get(JAVA_FLOAT, address + Float.BYTES * i);
    }

    private static void set(long address, long i, float value) {
        NativeMemory.ALL.set(JAVA_FLOAT, address + Float.BYTES * i, value);
    }

    @Override
    public void unary(UnaryOp op, long x, long y, long count, float a, float b) {
        for (long i = 0; i < count; i++) {
            set(y, i, ScalarFunctions.unary(op, get(x, i), a, b));
        }
    }

    @Override
    public void unaryBackward(UnaryOp op, long gradient, long saved, long target, long count, float a, float b) {
        for (long i = 0; i < count; i++) {
            float s = saved == 0 ? 0 : get(saved, i);
            set(target, i, ScalarFunctions.backward(op, get(gradient, i), s, a, b));
        }
    }

    @Override
    public void axpby(float alpha, long x, float beta, long y, long count) {
        for (long i = 0; i < count; i++) {
            float scaled = alpha * get(x, i);
            set(y, i, beta == 0 ? scaled : scaled + beta * get(y, i));
        }
    }
}
