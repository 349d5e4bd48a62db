package dev.tandem.cpu;

import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.pool.Block;

/** Joins the rows of matrices element by element: bias gradients and statistics of channels that lie last. */
final class ColumnReduction {
    /** How many rows are added up in float32 at a time; their sums are added up in turn, so that errors stay small. */
    private static final long ROWS = 512;
    /** How many columns a thread takes at a time. */
    private static final long COLUMNS = 1024;
    /** Narrower rows are taken several at once, to fill vectors. */
    private static final long NARROW = 64;

    private final CpuRuntime runtime;
    private final ReduceKernels kernels = Kernels.of(ReduceKernels.class);

    ColumnReduction(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    /** From {@code [matrices, rows, width]} at {@code source} to {@code [matrices, width]}; SUM, MAX or MIN. */
    void run(ReduceOp op, long source, long matrices, long rows, long width, long target) {
        long together = (2 * NARROW + width - 1) / width;
        if (width < NARROW && rows >= 4 * together) {
            narrow(op, source, matrices, rows, width, together, target);
        } else {
            run(op, source, matrices, rows * width, rows, width, target);
        }
    }

    /** @param distance from matrix to matrix, in elements */
    private void run(ReduceOp op, long source, long matrices, long distance, long rows, long width, long target) {
        long pieces = (rows + ROWS - 1) / ROWS;
        if (pieces == 1) {
            pieces(op, source, matrices, distance, rows, width, 1, target);
            return;
        }
        Block partial = runtime.allocator().allocate(matrices * pieces * width * Float.BYTES, "partial results");
        pieces(op, source, matrices, distance, rows, width, pieces, partial.address);
        run(op, partial.address, matrices, pieces * width, pieces, width, target);
        runtime.allocator().release(partial);
    }

    private void pieces(
            ReduceOp op, long source, long matrices, long distance, long rows, long width, long pieces, long target) {
        long blocks = (width + COLUMNS - 1) / COLUMNS;
        long each = Math.min(rows, ROWS) * Math.min(width, COLUMNS);
        runtime.parallel().run(matrices * pieces * blocks, Math.max(1, Parallel.GRAIN / each), (from, to) -> {
            for (long i = from; i < to; i++) {
                long piece = i / blocks % pieces;
                long column = i % blocks * COLUMNS;
                long x = i / blocks / pieces * distance + piece * ROWS * width + column;
                kernels.columns(
                        op,
                        source + x * Float.BYTES,
                        Math.min(ROWS, rows - piece * ROWS),
                        width,
                        Math.min(COLUMNS, width - column),
                        target + (i / blocks * width + column) * Float.BYTES);
            }
        });
    }

    /** Takes {@code together} rows as one. */
    private void narrow(ReduceOp op, long source, long matrices, long rows, long width, long together, long target) {
        long wide = together * width;
        long rest = rows % together;
        Block partial = runtime.allocator().allocate(matrices * wide * Float.BYTES, "partial results");
        run(op, source, matrices, rows * width, rows / together, wide, partial.address);
        for (long matrix = 0; matrix < matrices; matrix++) {
            long last = source + ((matrix + 1) * rows - rest) * width * Float.BYTES;
            kernels.accumulate(op, last, partial.address + matrix * wide * Float.BYTES, rest * width);
        }
        run(op, partial.address, matrices, wide, together, width, target);
        runtime.allocator().release(partial);
    }
}
