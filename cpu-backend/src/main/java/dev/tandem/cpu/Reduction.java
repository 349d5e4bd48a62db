package dev.tandem.cpu;

import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.pool.Block;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sums, means and extremes over axes, in whatever order the elements lie; the result keeps it. Axes that lie side by side
 * and are reduced together count as one; from the innermost outward, each is reduced by {@link RowReduction} if it lies
 * innermost, else by {@link ColumnReduction}. How work is split depends on shapes alone, so that sums repeat bit for bit
 * with any number of threads. (oneDNN's reductions are reference code but for the innermost axes.)
 */
final class Reduction {
    private final CpuRuntime runtime;
    private final ElementwiseKernels elementwise = Kernels.of(ElementwiseKernels.class);
    private final RowReduction rows;
    private final ColumnReduction columns;

    Reduction(CpuRuntime runtime) {
        this.runtime = runtime;
        this.columns = new ColumnReduction(runtime);
        this.rows = new RowReduction(runtime, columns);
    }

    CpuStorage reduce(ReduceOp op, Storage input, int... axes) {
        CpuStorage x = (CpuStorage) input;
        Shape shape = x.shape().reduced(axes);
        CpuStorage result = runtime.allocate(shape, x.dtype(), x.order());
        long joined = shape.elements() == 0 ? 0 : x.shape().elements() / shape.elements();
        if (x.dtype() != DType.FLOAT32) {
            IntegerReduction.reduce(op, x, result, joined);
        } else if (joined == 0) {
            Fill.fill(runtime, result, ofNothing(op));
        } else {
            floats(op == ReduceOp.MEAN ? ReduceOp.SUM : op, x, axes, result);
        }
        if (op == ReduceOp.MEAN && joined > 1) {
            float scale = 1f / joined;
            runtime.parallel().run(shape.elements(), (from, to) -> {
                long at = result.address + Float.BYTES * from;
                elementwise.axpby(scale, at, 0, at, to - from);
            });
        }
        return result;
    }

    private static double ofNothing(ReduceOp op) {
        return switch (op) {
            case SUM -> 0;
            case MEAN -> Double.NaN;
            case MAX -> Double.NEGATIVE_INFINITY;
            case MIN -> Double.POSITIVE_INFINITY;
        };
    }

    /** Axes side by side in memory that are all reduced or all kept. */
    private record Group(long size, boolean reduced) {}

    private void floats(ReduceOp op, CpuStorage x, int[] axes, CpuStorage result) {
        List<Group> groups = groups(x, axes);
        long source = x.address;
        Block between = null;
        int at = last(groups);
        if (at < 0) {
            StridedCopy.copy(runtime, x.address, result.address, x.bytes());
        }
        while (at >= 0) {
            long outer = product(groups.subList(0, at));
            long inner = product(groups.subList(at + 1, groups.size()));
            long size = groups.remove(at).size();
            at = last(groups);
            Block next = at < 0 ? null : runtime.allocator().allocate(outer * inner * Float.BYTES, "partial results");
            long target = next == null ? result.address : next.address;
            if (inner == 1) {
                rows.run(op, source, outer, size, target);
            } else {
                columns.run(op, source, outer, size, inner, target);
            }
            if (between != null) {
                runtime.allocator().release(between);
            }
            between = next;
            source = target;
        }
    }

    /** As they lie in memory, outermost first. */
    private static List<Group> groups(CpuStorage x, int[] axes) {
        long[] strides = x.strides();
        List<Group> groups = new ArrayList<>();
        IntStream.range(0, strides.length)
                .filter(axis -> x.shape().size(axis) != 1)
                .boxed()
                .sorted(Comparator.comparingLong((Integer axis) -> strides[axis])
                        .reversed())
                .forEach(axis -> {
                    long size = x.shape().size(axis);
                    boolean reduced = Arrays.stream(axes).anyMatch(each -> each == axis);
                    int last = groups.size() - 1;
                    if (last >= 0 && groups.get(last).reduced() == reduced) {
                        groups.set(last, new Group(groups.get(last).size() * size, reduced));
                    } else {
                        groups.add(new Group(size, reduced));
                    }
                });
        return groups;
    }

    private static int last(List<Group> groups) {
        int at = groups.size() - 1;
        while (at >= 0 && !groups.get(at).reduced()) {
            at--;
        }
        return at;
    }

    private static long product(List<Group> groups) {
        return groups.stream().mapToLong(Group::size).reduce(1, (a, b) -> a * b);
    }
}
