package dev.tandem.conformance;

import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Distribution;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/** Arithmetic, one element at a time. */
final class ReferenceMath implements MathOps {
    private final ReferenceHeap heap;

    ReferenceMath(ReferenceHeap heap) {
        this.heap = heap;
    }

    private static ReferenceStorage of(Storage storage) {
        return (ReferenceStorage) storage;
    }

    @Override
    public Storage unary(UnaryOp op, Storage x, float a, float b) {
        ReferenceStorage result = heap.allocate(x.shape(), x.dtype());
        for (int i = 0; i < result.elements(); i++) {
            result.set(i, Functions.unary(op, of(x).get(i), a, b));
        }
        return result;
    }

    @Override
    public Storage unaryBackward(
            UnaryOp op, Storage gradient, Storage input, Storage output, float a, float b, boolean overwriteGradient) {
        ReferenceStorage result = heap.allocate(gradient.shape(), gradient.dtype());
        for (int i = 0; i < result.elements(); i++) {
            double x = input == null ? Double.NaN : of(input).get(i);
            double y = output == null ? Double.NaN : of(output).get(i);
            result.set(i, of(gradient).get(i) * Functions.derivative(op, x, y, a, b));
        }
        return result;
    }

    @Override
    public Storage binary(BinaryOp op, Storage a, Storage b) {
        Shape shape = Shape.broadcast(op.name(), a.shape(), b.shape());
        ReferenceStorage result = heap.allocate(shape, op.isComparison() ? DType.UINT8 : a.dtype());
        for (int i = 0; i < result.elements(); i++) {
            long[] index = Index.of(i, shape);
            int left = Index.broadcast(index, a.shape());
            int right = Index.broadcast(index, b.shape());
            if (a.dtype().isFloating()) {
                result.set(i, Functions.binary(op, of(a).get(left), of(b).get(right)));
            } else {
                result.setInteger(i, Functions.integerBinary(op, of(a).integer(left), of(b).integer(right)));
            }
        }
        return result;
    }

    @Override
    public Storage where(Storage condition, Storage a, Storage b) {
        Shape shape = Shape.broadcast("where", condition.shape(), Shape.broadcast("where", a.shape(), b.shape()));
        ReferenceStorage result = heap.allocate(shape, a.dtype());
        for (int i = 0; i < result.elements(); i++) {
            long[] index = Index.of(i, shape);
            boolean first = of(condition).integer(Index.broadcast(index, condition.shape())) != 0;
            Storage chosen = first ? a : b;
            result.take(i, of(chosen), Index.broadcast(index, chosen.shape()));
        }
        return result;
    }

    @Override
    public void addInto(float alpha, Storage x, float beta, Storage y) {
        for (int i = 0; i < of(y).elements(); i++) {
            of(y).set(i, alpha * of(x).get(i) + (beta == 0 ? 0 : beta * of(y).get(i)));
        }
    }

    @Override
    public Storage reduce(ReduceOp op, Storage x, int... axes) {
        ReferenceStorage result = heap.allocate(x.shape().reduced(axes), x.dtype());
        if (!x.dtype().isFloating()) {
            reduceIntegers(op, of(x), result);
            return result;
        }
        for (int i = 0; i < result.elements(); i++) {
            result.set(
                    i,
                    switch (op) {
                        case SUM, MEAN -> 0;
                        case MAX -> Double.NEGATIVE_INFINITY;
                        case MIN -> Double.POSITIVE_INFINITY;
                    });
        }
        for (int i = 0; i < of(x).elements(); i++) {
            int to = Index.broadcast(Index.of(i, x.shape()), result.shape());
            double value = of(x).get(i);
            double so = result.get(to);
            result.set(
                    to,
                    switch (op) {
                        case SUM, MEAN -> so + value;
                        case MAX -> Math.max(so, value); // NaN if any is
                        case MIN -> Math.min(so, value);
                    });
        }
        if (op == ReduceOp.MEAN) {
            long joined = Arrays.stream(axes).mapToLong(x.shape()::size).reduce(1, (a, b) -> a * b);
            for (int i = 0; i < result.elements(); i++) {
                result.set(i, result.get(i) / joined);
            }
        }
        return result;
    }

    private static void reduceIntegers(ReduceOp op, ReferenceStorage x, ReferenceStorage result) {
        boolean[] begun = new boolean[result.elements()];
        for (int i = 0; i < result.elements(); i++) {
            result.setInteger(i, 0);
        }
        for (int i = 0; i < x.elements(); i++) {
            int to = Index.broadcast(Index.of(i, x.shape()), result.shape());
            long value = x.integer(i);
            long so = begun[to] ? result.integer(to) : value;
            begun[to] = true;
            result.setInteger(
                    to,
                    switch (op) {
                        case SUM -> result.integer(to) + value;
                        case MAX -> Math.max(so, value);
                        case MIN -> Math.min(so, value);
                        case MEAN -> throw new UnsupportedOperationException("reference: MEAN of integers");
                    });
        }
    }

    @Override
    public Storage argmax(Storage x, int axis) {
        Shape shape = x.shape().with(axis, 1);
        ReferenceStorage result = heap.allocate(shape, DType.INT64);
        for (int i = 0; i < result.elements(); i++) {
            long[] index = Index.of(i, shape);
            long best = 0;
            double largest = Double.NEGATIVE_INFINITY;
            for (long k = 0; k < x.shape().size(axis); k++) {
                index[axis] = k;
                double value = of(x).get(Index.element(index, x.shape()));
                if (value > largest) {
                    largest = value;
                    best = k;
                }
            }
            result.setInteger(i, best);
        }
        return result;
    }

    @Override
    public Storage matmul(
            Storage a,
            Storage b,
            boolean transposeA,
            boolean transposeB,
            Storage bias,
            Activation activation,
            Storage into) {
        int rank = Math.max(a.shape().rank(), b.shape().rank());
        long rows = a.shape().size(transposeA ? -1 : -2);
        long inner = a.shape().size(transposeA ? -2 : -1);
        long columns = b.shape().size(transposeB ? -2 : -1);
        Shape batch = Shape.broadcast("matmul", leading(a.shape()), leading(b.shape()));
        long[] sizes = Arrays.copyOf(batch.toArray(), rank);
        sizes[rank - 2] = rows;
        sizes[rank - 1] = columns;
        Shape shape = Shape.of(sizes);
        ReferenceStorage result = heap.allocate(shape, a.dtype());
        for (int i = 0; i < result.elements(); i++) {
            long[] index = Index.of(i, shape);
            long[] outer = Arrays.copyOf(index, rank - 2);
            long row = index[rank - 2];
            long column = index[rank - 1];
            long startA = Index.broadcast(outer, leading(a.shape())) * rows * inner;
            long startB = Index.broadcast(outer, leading(b.shape())) * inner * columns;
            double sum = bias == null ? 0 : of(bias).get((int) column);
            for (long k = 0; k < inner; k++) {
                long left = startA + (transposeA ? k * rows + row : row * inner + k);
                long right = startB + (transposeB ? column * inner + k : k * columns + column);
                sum += of(a).get((int) left) * of(b).get((int) right);
            }
            result.set(i, activate(activation, sum));
        }
        if (into == null) {
            return result;
        }
        for (int i = 0; i < result.elements(); i++) {
            of(into).take(i, result, i);
        }
        result.release();
        return into.retain();
    }

    static double activate(Activation activation, double value) {
        return activation == null ? value : Functions.unary(activation.op(), value, activation.a(), activation.b());
    }

    private static Shape leading(Shape shape) {
        return Shape.of(Arrays.copyOf(shape.toArray(), shape.rank() - 2));
    }

    @Override
    public Storage random(Distribution distribution, Shape shape, Storage state) {
        int count = Math.toIntExact(shape.elements());
        long seed = of(state).integer(0);
        long offset = of(state).integer(1);
        double[] numbers = distribution == Distribution.UNIFORM
                ? Philox.uniform(seed, offset, count)
                : Philox.normal(seed, offset, count);
        of(state).setInteger(1, offset + (count + 3) / 4);
        return heap.of(shape, numbers);
    }
}
