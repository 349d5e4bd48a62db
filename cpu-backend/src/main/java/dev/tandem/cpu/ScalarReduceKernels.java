package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.ReduceOp;

/** Plain loops, for Java runtimes without the Vector API and for the last elements of vector loops. */
final class ScalarReduceKernels implements ReduceKernels {
    private static float get(long address, long i) {
        return NativeMemory.ALL.get(JAVA_FLOAT, address + Float.BYTES * i);
    }

    static float join(ReduceOp op, float a, float b) {
        return switch (op) {
            case SUM -> a + b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            case MEAN -> throw new AssertionError(op);
        };
    }

    @Override
    public float sum(long x, long count) {
        double total = 0;
        for (long i = 0; i < count; i++) {
            total += get(x, i);
        }
        return (float) total;
    }

    @Override
    public float extreme(ReduceOp op, long x, long count) {
        float result = get(x, 0);
        for (long i = 1; i < count; i++) {
            result = join(op, result, get(x, i));
        }
        return result;
    }

    @Override
    public void columns(ReduceOp op, long x, long rows, long stride, long width, long y) {
        for (long i = 0; i < width; i++) {
            float total = get(x, i);
            for (long row = 1; row < rows; row++) {
                total = join(op, total, get(x, row * stride + i));
            }
            NativeMemory.ALL.set(JAVA_FLOAT, y + Float.BYTES * i, total);
        }
    }

    @Override
    public void accumulate(ReduceOp op, long x, long y, long count) {
        for (long i = 0; i < count; i++) {
            NativeMemory.ALL.set(JAVA_FLOAT, y + Float.BYTES * i, join(op, get(y, i), get(x, i)));
        }
    }

    @Override
    public long indexOf(long x, long count, float value) {
        for (long i = 0; i < count; i++) {
            float element = get(x, i);
            if (element == value || (element != element && value != value)) {
                return i;
            }
        }
        return count;
    }
}
