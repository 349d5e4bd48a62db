package dev.tandem.cpu;

import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.pool.Block;
import dev.tandem.tensor.DType;

/** Joins the elements of each row of a matrix. */
final class RowReduction {
    /** Longer rows are cut into pieces of this length, which threads share and which keep errors small. */
    private static final long PIECE = 16_384;
    /** Rows too short for vectors are turned into columns. */
    private static final long SHORT = 32;

    private final CpuRuntime runtime;
    private final ReduceKernels kernels = Kernels.of(ReduceKernels.class);
    private final ColumnReduction columns;

    RowReduction(CpuRuntime runtime, ColumnReduction columns) {
        this.runtime = runtime;
        this.columns = columns;
    }

    /** From {@code [rows, length]} at {@code source} to {@code [rows]}; SUM, MAX or MIN. */
    void run(ReduceOp op, long source, long rows, long length, long target) {
        if (length < SHORT && rows * length >= Parallel.GRAIN) {
            turned(op, source, rows, length, target);
        } else if (length > PIECE) {
            inPieces(op, source, rows, length, target);
        } else {
            runtime.parallel().run(rows, Math.max(1, Parallel.GRAIN / length), (from, to) -> {
                for (long row = from; row < to; row++) {
                    store(op, source + row * length * Float.BYTES, length, target + row * Float.BYTES);
                }
            });
        }
    }

    private void store(ReduceOp op, long x, long count, long y) {
        ScalarBinaryKernels.set(y, op == ReduceOp.SUM ? kernels.sum(x, count) : kernels.extreme(op, x, count));
    }

    private void inPieces(ReduceOp op, long source, long rows, long length, long target) {
        long pieces = (length + PIECE - 1) / PIECE;
        Block partial = runtime.allocator().allocate(rows * pieces * Float.BYTES, "partial results");
        runtime.parallel().run(rows * pieces, 1, (from, to) -> {
            for (long i = from; i < to; i++) {
                long begin = i % pieces * PIECE;
                long x = source + (i / pieces * length + begin) * Float.BYTES;
                store(op, x, Math.min(PIECE, length - begin), partial.address + i * Float.BYTES);
            }
        });
        run(op, partial.address, rows, pieces, target);
        runtime.allocator().release(partial);
    }

    private void turned(ReduceOp op, long source, long rows, long length, long target) {
        Block block = runtime.allocator().allocate(rows * length * Float.BYTES, "transposed rows");
        StridedCopy.copy(
                runtime,
                DType.FLOAT32,
                new long[] {rows, length},
                source,
                new long[] {length, 1},
                block.address,
                new long[] {1, rows});
        columns.run(op, block.address, 1, length, rows, target);
        runtime.allocator().release(block);
    }
}
