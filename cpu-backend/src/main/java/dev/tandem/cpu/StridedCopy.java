package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/**
 * Copies elements from where they lie at some strides to where they shall lie at others: what permute, slice, expand,
 * concat and pad have in common. Elements are bits of 1, 2, 4 or 8 bytes, whatever their type.
 */
final class StridedCopy {
    private static final MemoryKernels KERNELS = Kernels.of(MemoryKernels.class);

    /** Shorter runs go to oneDNN, which was measured twice as fast on 256 bytes, ten times on 32, level on 1,024. */
    private static final long SHORT_RUN = 1024;

    private static final int MOST_AXES = 12; // oneDNN's

    private StridedCopy() {}

    /** @param from source strides, 0 where an element repeats; likewise {@code to}, never 0 */
    static void copy(CpuRuntime runtime, DType dtype, long[] sizes, long source, long[] from, long target, long[] to) {
        Loop loop = Loop.of(sizes, to, from);
        if (loop.elements() == 0) {
            return;
        }
        int bytes = dtype.bytes();
        boolean runs = loop.rowStride(0) == 1 && loop.rowStride(1) == 1;
        boolean many = loop.elements() >= Parallel.GRAIN;
        if (runs && loop.rowLength() * bytes >= SHORT_RUN) {
            runs(runtime, loop, bytes, source, target);
        } else if (many && reorder(runtime, loop, bytes, source, target)) {
            return;
        } else if (runs) {
            runs(runtime, loop, bytes, source, target);
        } else if (loop.rowStride(0) == 1 && loop.rowStride(1) == 0) {
            repeat(runtime, loop, bytes, source, target);
        } else {
            elements(runtime, loop, bytes, source, target);
        }
    }

    private static void runs(CpuRuntime runtime, Loop loop, int bytes, long source, long target) {
        loop.run(
                runtime.parallel(),
                (at, count) -> bytes(source + at[1] * bytes, target + at[0] * bytes, count * bytes));
    }

    private static void repeat(CpuRuntime runtime, Loop loop, int bytes, long source, long target) {
        loop.run(
                runtime.parallel(),
                (at, count) -> KERNELS.fill(
                        target + at[0] * bytes, count * bytes, Fill.pattern(source + at[1] * bytes, bytes)));
    }

    /** Between storages of the same shape and type, in whichever orders. */
    static void copy(CpuRuntime runtime, CpuStorage source, CpuStorage target) {
        if (source.order() == target.order() || Order.coincide(source.shape())) {
            copy(runtime, source.address, target.address, source.bytes());
            return;
        }
        copy(
                runtime,
                source.dtype(),
                source.shape().toArray(),
                source.address,
                source.strides(),
                target.address,
                target.strides());
    }

    /** Between two places of the same bytes. */
    static void copy(CpuRuntime runtime, long source, long target, long bytes) {
        runtime.parallel().run(bytes, 4 * Parallel.GRAIN, (from, to) -> bytes(source + from, target + from, to - from));
    }

    private static void bytes(long source, long target, long count) {
        java.lang.foreign.MemorySegment.copy(NativeMemory.ALL, source, NativeMemory.ALL, target, count);
    }

    private record Key(int bytes, Loop loop) {}

    /** By oneDNN's generated code; false where it has none. */
    private static boolean reorder(CpuRuntime runtime, Loop loop, int bytes, long source, long target) {
        for (int axis = 0; axis < loop.rank(); axis++) {
            if (loop.stride(axis, 1) == 0 || loop.rank() >= MOST_AXES) {
                return false;
            }
        }
        Primitive primitive = runtime.primitive(new Key(bytes, loop), () -> reorder(loop, bytes));
        if (primitive.isReference()) {
            return false;
        }
        primitive.with(OneDnn.ARG_SRC, source).with(OneDnn.ARG_DST, target).run(runtime);
        return true;
    }

    private static Primitive reorder(Loop loop, int bytes) {
        // An element of 8 bytes is two of 4. One of 2 is two of 1, since oneDNN 3.11 transposes halves wrongly: on AVX2
        // nearly always, on AVX-512 at times (by two threads, with an axis of 8).
        int parts = bytes == 8 || bytes == 2 ? 2 : 1;
        long[] sizes = new long[loop.rank() + parts - 1];
        long[][] strides = new long[2][sizes.length];
        Arrays.fill(sizes, parts);
        for (int array = 0; array < 2; array++) {
            Arrays.fill(strides[array], 1);
            for (int axis = 0; axis < loop.rank(); axis++) {
                sizes[axis] = loop.size(axis);
                strides[array][axis] = loop.stride(axis, array) * parts;
            }
        }
        DType type = bytes / parts == 4 ? DType.FLOAT32 : DType.UINT8;
        MemoryDescriptor to = MemoryDescriptor.strided(Shape.of(sizes), type, strides[0]);
        MemoryDescriptor from = MemoryDescriptor.strided(Shape.of(sizes), type, strides[1]);
        return Primitive.reorder(from, to);
    }

    private static void elements(CpuRuntime runtime, Loop loop, int bytes, long source, long target) {
        long from = loop.rowStride(1);
        long to = loop.rowStride(0);
        loop.run(runtime.parallel(), (at, count) -> {
            long x = source + at[1] * bytes;
            long y = target + at[0] * bytes;
            switch (bytes) {
                case 1 -> bytes(x, from, y, to, count);
                case 2 -> shorts(x, 2 * from, y, 2 * to, count);
                case 4 -> ints(x, 4 * from, y, 4 * to, count);
                default -> longs(x, 8 * from, y, 8 * to, count);
            }
        });
    }

    private static void bytes(long source, long from, long target, long to, long count) {
        for (long i = 0; i < count; i++) {
            NativeMemory.ALL.set(JAVA_BYTE, target + i * to, NativeMemory.ALL.get(JAVA_BYTE, source + i * from));
        }
    }

    private static void shorts(long source, long from, long target, long to, long count) {
        for (long i = 0; i < count; i++) {
            NativeMemory.ALL.set(JAVA_SHORT, target + i * to, NativeMemory.ALL.get(JAVA_SHORT, source + i * from));
        }
    }

    private static void ints(long source, long from, long target, long to, long count) {
        for (long i = 0; i < count; i++) {
            NativeMemory.ALL.set(JAVA_INT, target + i * to, NativeMemory.ALL.get(JAVA_INT, source + i * from));
        }
    }

    private static void longs(long source, long from, long target, long to, long count) {
        for (long i = 0; i < count; i++) {
            NativeMemory.ALL.set(JAVA_LONG, target + i * to, NativeMemory.ALL.get(JAVA_LONG, source + i * from));
        }
    }
}
