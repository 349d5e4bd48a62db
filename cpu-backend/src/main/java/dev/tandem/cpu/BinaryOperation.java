package dev.tandem.cpu;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.pool.Block;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Locale;

/** Functions of two operands, which broadcast. */
final class BinaryOperation {
    /** Shorter rows that repeat are written out several times, so that loops are long enough. */
    private static final long TILE = 2048;

    private final CpuRuntime runtime;
    private final BinaryKernels kernels = Kernels.of(BinaryKernels.class);

    BinaryOperation(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    /** Integer types, and float32. */
    CpuStorage run(BinaryOp op, Storage left, Storage right) {
        Shape shape = Shape.broadcast(op.name().toLowerCase(Locale.ROOT), left.shape(), right.shape());
        Order order = Broadcast.order(shape, left, right);
        CpuStorage a = Broadcast.operand(runtime, left, order);
        CpuStorage b = Broadcast.operand(runtime, right, order);
        CpuStorage result = runtime.allocate(shape, op.isComparison() ? DType.UINT8 : left.dtype(), order);
        if (shape.elements() > 0) {
            run(op, a, b, result, Broadcast.loop(result, a, b));
        }
        a.release();
        b.release();
        return result;
    }

    private void run(BinaryOp op, CpuStorage a, CpuStorage b, CpuStorage result, Loop loop) {
        int stepA = (int) loop.rowStride(1);
        int stepB = (int) loop.rowStride(2);
        if (a.dtype() != DType.FLOAT32) {
            loop.run(runtime.parallel(), (at, count) -> integers(op, a, b, result, at, stepA, stepB, count));
        } else if (isTiled(loop, 1)) {
            tiled(loop, a, (at, tile, count) -> row(op, tile, 1, b.address + 4 * at, 1, result, at, count));
        } else if (isTiled(loop, 2)) {
            tiled(loop, b, (at, tile, count) -> row(op, a.address + 4 * at, 1, tile, 1, result, at, count));
        } else {
            loop.run(
                    runtime.parallel(),
                    (at, count) ->
                            row(op, a.address + 4 * at[1], stepA, b.address + 4 * at[2], stepB, result, at[0], count));
        }
    }

    private void row(BinaryOp op, long a, int stepA, long b, int stepB, CpuStorage result, long at, long count) {
        if (op.isComparison()) {
            kernels.compare(op, a, stepA, b, stepB, result.address + at, count);
        } else {
            kernels.binary(op, a, stepA, b, stepB, result.address + 4 * at, count);
        }
    }

    /** Whether one operand is a short row that repeats under the rows of the other. */
    private static boolean isTiled(Loop loop, int operand) {
        int other = 3 - operand;
        return loop.rank() == 2
                && loop.rowLength() <= TILE / 4
                && loop.stride(0, operand) == 0
                && loop.rowStride(operand) == 1
                && loop.rowStride(other) == 1
                && loop.stride(0, other) == loop.rowLength();
    }

    private interface TiledRow {
        /** @param at element of the result and the dense operand; {@code tile} is the address under it */
        void run(long at, long tile, long count);
    }

    private void tiled(Loop loop, CpuStorage operand, TiledRow body) {
        long width = loop.rowLength();
        long rows = Math.min(loop.size(0), TILE / width);
        long length = rows * width;
        Block block = runtime.allocator().allocate(length * Float.BYTES, "repeated operand");
        for (long row = 0; row < rows; row++) {
            StridedCopy.copy(runtime, operand.address, block.address + row * width * Float.BYTES, width * Float.BYTES);
        }
        runtime.parallel().run(loop.elements(), (from, to) -> {
            for (long at = from; at < to; ) {
                long within = at % length;
                long count = Math.min(length - within, to - at);
                body.run(at, block.address + within * Float.BYTES, count);
                at += count;
            }
        });
        runtime.allocator().release(block);
    }

    private static void integers(
            BinaryOp op, CpuStorage a, CpuStorage b, CpuStorage result, long[] at, int stepA, int stepB, long count) {
        for (long i = 0; i < count; i++) {
            long x = Integers.get(a.dtype(), a.address, at[1] + i * stepA);
            long y = Integers.get(b.dtype(), b.address, at[2] + i * stepB);
            Integers.set(result.dtype(), result.address, at[0] + i, IntegerFunctions.binary(op, x, y));
        }
    }
}
