package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/**
 * Sums, means and extremes over axes, in whatever order the elements lie. oneDNN's own are reference code but for the
 * innermost axes.
 */
final class Reduction {
    /** Up to this many results each thread has its own partial ones; more are shared out among the threads. */
    private static final long MOST_PARTIALS = 16_384;
    /** Rows are added up in float32 this many at a time, then in double, so that the error stays small. */
    private static final int ROWS_AT_ONCE = 256;

    private final CpuRuntime runtime;
    private final BinaryKernels kernels = Kernels.of(BinaryKernels.class);
    private final ElementwiseKernels elementwise = Kernels.of(ElementwiseKernels.class);

    Reduction(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    CpuStorage reduce(ReduceOp op, Storage input, int... axes) {
        CpuStorage x = (CpuStorage) input;
        Shape shape = x.shape().reduced(axes);
        CpuStorage result = runtime.allocate(shape, x.dtype());
        long perResult = shape.elements() == 0 ? 0 : x.shape().elements() / shape.elements();
        if (x.dtype() != DType.FLOAT32) {
            integers(op, x, result, perResult);
        } else if (perResult == 0) {
            fill(result, empty(op));
        } else {
            floats(op, x, result);
            if (op == ReduceOp.MEAN) {
                float scale = 1f / perResult;
                runtime.parallel().run(shape.elements(), (from, to) -> {
                    long at = result.address + 4 * from;
                    elementwise.axpby(scale, at, 0, at, to - from);
                });
            }
        }
        return result;
    }

    private static float empty(ReduceOp op) {
        return switch (op) {
            case SUM -> 0;
            case MEAN -> Float.NaN;
            case MAX -> Float.NEGATIVE_INFINITY;
            case MIN -> Float.POSITIVE_INFINITY;
        };
    }

    private static void fill(CpuStorage target, float value) {
        for (long i = 0; i < target.shape().elements(); i++) {
            ScalarBinaryKernels.set(target.address + 4 * i, value);
        }
    }

    /** The result's strides along the input's axes: 0 where it is reduced. */
    private static long[] resultStrides(Shape input, Shape result) {
        long[] strides = result.strides();
        for (int axis = 0; axis < strides.length; axis++) {
            if (result.size(axis) == 1 && input.size(axis) != 1) {
                strides[axis] = 0;
            }
        }
        return strides;
    }

    private void floats(ReduceOp op, CpuStorage x, CpuStorage result) {
        Loop loop =
                Loop.of(x.shape().toArray(), x.order().strides(x.shape()), resultStrides(x.shape(), result.shape()));
        if (result.shape().elements() <= MOST_PARTIALS) {
            withPartials(op, loop, x, result);
        } else {
            resultByResult(op, x, result);
        }
    }

    // Few results
    // ------------------------------------------------------------------------------------------------------

    /** Each thread reads its part of the input once, front to back, into results of its own. */
    private void withPartials(ReduceOp op, Loop loop, CpuStorage x, CpuStorage result) {
        int count = (int) result.shape().elements();
        int threads = runtime.parallel().threads();
        double[][] partials = new double[threads][];
        long elements = loop.elements();
        int parts = (int) Math.max(1, Math.min(threads, elements / Parallel.GRAIN));
        Block scratch = runtime.allocator().allocate(4L * parts * count, "partial sums");
        runtime.parallel().run(parts, 1, (first, end) -> {
            for (long part = first; part < end; part++) {
                double[] totals = new double[count];
                Arrays.fill(totals, op == ReduceOp.MEAN ? 0 : empty(op));
                long rows = scratch.address + 4L * count * part;
                accumulate(op, loop, x, totals, rows, elements * part / parts, elements * (part + 1) / parts);
                partials[(int) part] = totals;
            }
        });
        runtime.allocator().release(scratch);
        for (int i = 0; i < count; i++) {
            double total = partials[0][i];
            for (int part = 1; part < parts; part++) {
                total = join(op, total, partials[part][i]);
            }
            ScalarBinaryKernels.set(result.address + 4L * i, (float) total);
        }
    }

    private static double join(ReduceOp op, double a, double b) {
        return switch (op) {
            case SUM, MEAN -> a + b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
        };
    }

    /** @param rows room for as many floats as there are totals */
    private void accumulate(ReduceOp op, Loop loop, CpuStorage x, double[] totals, long rows, long from, long to) {
        boolean dense = loop.rowStride(0) == 1;
        if (dense && loop.rowStride(1) == 0) {
            loop.run(from, to, (at, count) -> {
                int target = (int) at[1];
                long source = x.address + 4 * at[0];
                totals[target] = op == ReduceOp.SUM || op == ReduceOp.MEAN
                        ? totals[target] + kernels.sum(source, count)
                        : kernels.extreme(op, source, count, (float) totals[target]);
            });
        } else if (dense && loop.rowStride(1) == 1 && loop.rank() == 2 && loop.stride(0, 1) == 0) {
            columns(op, loop, x, totals, rows, from, to);
        } else {
            loop.run(from, to, (at, count) -> {
                for (long i = 0; i < count; i++) {
                    int target = (int) (at[1] + i * loop.rowStride(1));
                    float value = ScalarBinaryKernels.get(x.address + 4 * (at[0] + i * loop.rowStride(0)));
                    totals[target] = join(op, totals[target], value);
                }
            });
        }
    }

    /** Rows of a matrix, added up element by element: bias gradients, statistics of channels that lie last. */
    private void columns(ReduceOp op, Loop loop, CpuStorage x, double[] totals, long rows, long from, long to) {
        long width = loop.rowLength();
        ReduceOp join = op == ReduceOp.MEAN ? ReduceOp.SUM : op;
        long[] pending = {0};
        loop.run(from, to, (at, count) -> {
            long source = x.address + 4 * at[0];
            if (count < width) { // a part of a row, where the work is split
                for (long i = 0; i < count; i++) {
                    int target = (int) (at[1] + i);
                    totals[target] = join(op, totals[target], ScalarBinaryKernels.get(source + 4 * i));
                }
                return;
            }
            if (pending[0] == 0) {
                elementwise.axpby(1, source, 0, rows, width);
            } else {
                kernels.accumulate(join, source, rows, width);
            }
            if (++pending[0] == ROWS_AT_ONCE) {
                flush(op, rows, totals, pending);
            }
        });
        if (pending[0] > 0) {
            flush(op, rows, totals, pending);
        }
    }

    private static void flush(ReduceOp op, long rows, double[] totals, long[] pending) {
        for (int i = 0; i < totals.length; i++) {
            totals[i] = join(op, totals[i], ScalarBinaryKernels.get(rows + 4L * i));
        }
        pending[0] = 0;
    }

    // Many results
    // -----------------------------------------------------------------------------------------------------

    /** Each thread computes its part of the results, reading for each what it is made of. */
    private void resultByResult(ReduceOp op, CpuStorage x, CpuStorage result) {
        Shape shape = x.shape();
        long[] in = x.order().strides(shape);
        long[] out = result.shape().strides();
        int[] reduced = axes(shape, result.shape(), true);
        int[] kept = axes(shape, result.shape(), false);
        Loop outer = Loop.of(pick(shape.toArray(), kept), pick(out, kept), pick(in, kept));
        Loop inner = Loop.of(pick(shape.toArray(), reduced), pick(in, reduced));
        outer.run(runtime.parallel(), (at, count) -> {
            for (long i = 0; i < count; i++) {
                long base = at[1] + i * outer.rowStride(1);
                double[] total = {op == ReduceOp.MEAN ? 0 : empty(op)};
                inner.run(0, inner.elements(), (from, length) -> {
                    for (long k = 0; k < length; k++) {
                        long place = base + from[0] + k * inner.rowStride(0);
                        total[0] = join(op, total[0], ScalarBinaryKernels.get(x.address + 4 * place));
                    }
                });
                long target = result.address + 4 * (at[0] + i * outer.rowStride(0));
                ScalarBinaryKernels.set(target, (float) total[0]);
            }
        });
    }

    private static int[] axes(Shape input, Shape result, boolean reduced) {
        return java.util.stream.IntStream.range(0, input.rank())
                .filter(axis -> (result.size(axis) != input.size(axis)) == reduced)
                .toArray();
    }

    private static long[] pick(long[] values, int[] axes) {
        return Arrays.stream(axes).mapToLong(axis -> values[axis]).toArray();
    }

    // Integers
    // ---------------------------------------------------------------------------------------------------------

    private static void integers(ReduceOp op, CpuStorage x, CpuStorage result, long perResult) {
        if (op == ReduceOp.MEAN || (perResult == 0 && op != ReduceOp.SUM)) {
            throw new UnsupportedOperationException("cpu: " + op + " over " + perResult + " elements of " + x.dtype()
                    + " is not an integer; cast to FLOAT32 first");
        }
        long start = op == ReduceOp.SUM ? 0 : op == ReduceOp.MAX ? Long.MIN_VALUE : Long.MAX_VALUE;
        long[] totals = new long[(int) result.shape().elements()];
        Arrays.fill(totals, start);
        if (x.shape().elements() > 0) {
            Loop loop = Loop.of(
                    x.shape().toArray(), x.order().strides(x.shape()), resultStrides(x.shape(), result.shape()));
            loop.run(0, loop.elements(), (at, count) -> {
                for (long i = 0; i < count; i++) {
                    int target = (int) (at[1] + i * loop.rowStride(1));
                    long value = Integers.get(x.dtype(), x.address, at[0] + i * loop.rowStride(0));
                    totals[target] = switch (op) {
                        case MAX -> Math.max(totals[target], value);
                        case MIN -> Math.min(totals[target], value);
                        default -> totals[target] + value;
                    };
                }
            });
        }
        for (int i = 0; i < totals.length; i++) {
            Integers.set(result.dtype(), result.address, i, totals[i]);
        }
    }

    // Argmax
    // -----------------------------------------------------------------------------------------------------------

    /** NaN counts as largest, so that it is not overlooked. */
    CpuStorage argmax(Storage input, int axis) {
        CpuStorage x = (CpuStorage) input;
        Shape shape = x.shape().reduced(axis);
        CpuStorage result = runtime.allocate(shape, DType.INT64);
        if (shape.elements() == 0) {
            return result;
        }
        long[] in = x.order().strides(x.shape());
        long step = in[axis];
        long size = x.shape().size(axis);
        Loop loop = Loop.of(shape.toArray(), shape.strides(), in);
        loop.run(runtime.parallel(), (at, count) -> {
            for (long i = 0; i < count; i++) {
                long from = at[1] + i * loop.rowStride(1);
                long best = 0;
                for (long k = 1; k < size; k++) {
                    if (isAbove(x, from + k * step, from + best * step)) {
                        best = k;
                    }
                }
                NativeMemory.ALL.set(JAVA_LONG, result.address + 8 * (at[0] + i * loop.rowStride(0)), best);
            }
        });
        return result;
    }

    private static boolean isAbove(CpuStorage x, long candidate, long best) {
        if (x.dtype() == DType.FLOAT32) {
            float value = ScalarBinaryKernels.get(x.address + 4 * candidate);
            float other = ScalarBinaryKernels.get(x.address + 4 * best);
            return value > other || (Float.isNaN(value) && !Float.isNaN(other));
        }
        return Integers.get(x.dtype(), x.address, candidate) > Integers.get(x.dtype(), x.address, best);
    }
}
