package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** The place of the first largest element along an axis. NaN counts as largest, so that it is not overlooked. */
final class ArgMax {
    /** From this length on, finding the largest and then its place by vectors is faster than one scalar loop. */
    private static final long LONG = 32;

    private static final ReduceKernels KERNELS = Kernels.of(ReduceKernels.class);

    private ArgMax() {}

    /** Integer types, and float32. */
    static CpuStorage run(CpuRuntime runtime, Storage input, int axis) {
        CpuStorage x = (CpuStorage) input;
        Shape shape = x.shape().reduced(axis);
        CpuStorage result = runtime.allocate(shape, DType.INT64);
        if (shape.elements() == 0) {
            return result;
        }
        long step = x.strides()[axis];
        long size = x.shape().size(axis);
        Loop loop = Loop.of(shape.toArray(), result.strides(), x.strides());
        long grain = Math.max(1, Parallel.GRAIN / size);
        runtime.parallel()
                .run(
                        loop.elements(),
                        grain,
                        (from, to) -> loop.run(from, to, (at, count) -> {
                            for (long i = 0; i < count; i++) {
                                long first = at[1] + i * loop.rowStride(1);
                                long best = x.dtype() != DType.FLOAT32
                                        ? integers(x, first, step, size)
                                        : floats(x.address + Float.BYTES * first, Float.BYTES * step, size);
                                NativeMemory.ALL.set(
                                        JAVA_LONG, result.address + 8 * (at[0] + i * loop.rowStride(0)), best);
                            }
                        }));
        return result;
    }

    private static long floats(long x, long step, long size) {
        if (step == Float.BYTES && size >= LONG) {
            return KERNELS.indexOf(x, size, KERNELS.extreme(ReduceOp.MAX, x, size));
        }
        long best = 0;
        float largest = NativeMemory.ALL.get(JAVA_FLOAT, x);
        for (long i = 1; i < size && largest == largest; i++) {
            float value = NativeMemory.ALL.get(JAVA_FLOAT, x + i * step);
            if (!(value <= largest)) {
                largest = value;
                best = i;
            }
        }
        return best;
    }

    private static long integers(CpuStorage x, long first, long step, long size) {
        long best = 0;
        for (long i = 1; i < size; i++) {
            if (Integers.get(x.dtype(), x.address, first + i * step)
                    > Integers.get(x.dtype(), x.address, first + best * step)) {
                best = i;
            }
        }
        return best;
    }
}
