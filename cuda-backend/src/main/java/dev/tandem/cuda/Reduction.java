package dev.tandem.cuda;

import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/** Sums, means, maxima and minima over any axes; the index of the largest element. */
final class Reduction {
    private static final String FILE = "reduce";
    /** Blocks that keep any GPU busy; more parts than that gain nothing. */
    private static final long ENOUGH_BLOCKS = 1024;

    private static final long MOST_PARTS = 256;
    private static final int WARP = 32;

    private final CudaRuntime runtime;

    Reduction(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    CudaStorage reduce(ReduceOp op, Storage x, int... axes) {
        CudaStorage result = runtime.allocate(x.shape().reduced(axes), x.dtype());
        reduceInto(op, x, result, axes);
        return result;
    }

    /** Into memory that is there, of as many elements as there are results. */
    void reduceInto(ReduceOp op, Storage x, CudaStorage result, int... axes) {
        Shape shape = x.shape();
        long length = Arrays.stream(axes).mapToLong(shape::size).reduce(1, (a, b) -> a * b);
        if (!x.dtype().isFloating() && (op == ReduceOp.MEAN || (length == 0 && op != ReduceOp.SUM))) {
            throw new UnsupportedOperationException("cuda: " + op + " of " + x.dtype() + shape
                    + (op == ReduceOp.MEAN ? "; cast to FLOAT32 first" : ": there are no elements"));
        }
        if (result.elements() == 0) {
            return;
        }
        Plan plan = new Plan(shape, axes, length, result.elements());
        float factor = op == ReduceOp.MEAN ? 1f / length : 1;
        if (plan.parts == 1) {
            start(plan, op, (CudaStorage) x, result, null, factor);
            return;
        }
        DType accumulator = x.dtype().isFloating() ? DType.FLOAT32 : DType.INT64;
        CudaStorage parts = runtime.allocate(Shape.of(plan.results, plan.parts), accumulator);
        start(plan, op, (CudaStorage) x, null, parts, 1);
        runtime.kernel(FILE, "join_parts", x.dtype())
                .with(parts)
                .with(result)
                .with(op.ordinal())
                .with(factor)
                .with((long) plan.parts)
                .with(plan.results)
                .over(plan.results);
        parts.release();
    }

    /** How the work is shared out; it follows from the sizes alone, so that sums repeat bit for bit. */
    private static final class Plan {
        final Walk kept;
        final Walk joined;
        final long length;
        final long results;
        final boolean byColumns;
        final int parts;

        Plan(Shape shape, int[] axes, long length, long results) {
            long[] keptSizes = shape.toArray();
            long[] joinedSizes = new long[shape.rank()];
            Arrays.fill(joinedSizes, 1);
            for (int axis : axes) {
                joinedSizes[axis] = shape.size(axis);
                keptSizes[axis] = 1;
            }
            this.kept = Walk.over(keptSizes, shape.strides());
            this.joined = Walk.over(joinedSizes, shape.strides());
            this.length = length;
            this.results = results;
            boolean neighboursTogether = kept.stride(0, kept.rank() - 1) == 1 && kept.size(kept.rank() - 1) >= WARP;
            this.byColumns = neighboursTogether || length <= WARP;
            long blocks = byColumns ? (results + Launch.THREADS - 1) / Launch.THREADS : results;
            long longest = byColumns ? 64 : 8L * Launch.THREADS; // elements a thread or a block takes without need
            long useful = Math.min((length + longest - 1) / longest, (ENOUGH_BLOCKS + blocks - 1) / blocks);
            this.parts = (int) Math.max(1, Math.min(MOST_PARTS, useful));
        }
    }

    private void start(Plan plan, ReduceOp op, CudaStorage x, CudaStorage result, CudaStorage parts, float factor) {
        Launch launch = runtime.kernel(FILE, plan.byColumns ? "columns" : "rows", x.dtype())
                .with(x)
                .with(result)
                .with(parts)
                .with(op.ordinal())
                .with(factor)
                .with(plan.kept.structure())
                .with(plan.joined.structure())
                .with(plan.length);
        if (plan.byColumns) {
            launch.with(plan.results).over(plan.results, plan.parts);
        } else {
            launch.blocks(plan.results, plan.parts);
        }
    }

    CudaStorage argmax(Storage x, int axis) {
        CudaStorage result = runtime.allocate(x.shape().with(axis, 1), DType.INT64);
        runtime.kernel(FILE, "argmax", x.dtype())
                .with((CudaStorage) x)
                .with(result)
                .with(x.shape().size(axis))
                .with(x.shape().strides()[axis])
                .blocks(result.elements());
        return result;
    }
}
