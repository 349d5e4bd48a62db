package dev.tandem.tensor;

import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/** Sums, means and extremes over axes, with their derivatives. */
final class Reduction {
    private Reduction() {}

    /** Sums of integers are int64; their means, of exact sums, are float32. */
    static Tensor reduce(ReduceOp op, Tensor given, boolean keepAxes, int... requested) {
        Tensor x = given;
        if (!given.dtype().isFloating() && (op == ReduceOp.SUM || op == ReduceOp.MEAN)) {
            if (op == ReduceOp.MEAN) {
                return integerMean(given, keepAxes, requested);
            }
            x = given.cast(DType.INT64);
        }
        int[] axes = axes(op.name().toLowerCase(Locale.ROOT), x, requested);
        Shape kept = x.shape().reduced(axes);
        Storage y = x.device().math().reduce(op, x.storage(), axes);
        boolean extreme = op == ReduceOp.MAX || op == ReduceOp.MIN;
        Storage[] saved = extreme ? new Storage[] {x.storage(), y} : new Storage[0];
        Shape from = x.shape();
        Tensor result = Autograd.record(op.name(), x.device(), y, new Tensor[] {x}, saved, backward -> {
            Tensor gradient = backward.gradient().reshape(kept);
            backward.give(
                    0,
                    switch (op) {
                        case SUM -> gradient.expand(from);
                        case MEAN ->
                            gradient.multiply((float) kept.elements() / from.elements())
                                    .expand(from);
                        case MAX, MIN -> toExtremes(gradient, backward.saved(0), backward.saved(1), axes);
                    });
        });
        return keepAxes ? result : result.reshape(without(from, axes));
    }

    private static Tensor integerMean(Tensor x, boolean keepAxes, int... requested) {
        Tensor sum = reduce(ReduceOp.SUM, x, keepAxes, requested);
        long count = x.elements() / Math.max(1, sum.elements());
        return sum.cast(DType.FLOAT32).divide(count);
    }

    /** Elements that tie for the extreme share its gradient; where that is NaN, those that are NaN do. */
    private static Tensor toExtremes(Tensor gradient, Tensor x, Tensor extreme, int[] axes) {
        Tensor ties = x.equalTo(extreme).maximum(x.notEqualTo(x));
        Tensor count = reduce(ReduceOp.SUM, ties, true, axes).cast(DType.FLOAT32);
        return Tensor.where(ties, gradient.divide(count), Tensor.full(x.device(), 0, gradient.dtype()));
    }

    static Tensor argmax(Tensor x, int requested) {
        int axis = x.shape().axis(requested);
        if (x.size(axis) == 0) {
            throw new ShapeException("argmax: axis " + axis + " of shape " + x.shape() + " is empty");
        }
        Tensor kept = Tensor.wrap(x.device(), x.device().math().argmax(x.storage(), axis));
        return kept.reshape(without(x.shape(), new int[] {axis}));
    }

    private static int[] axes(String operation, Tensor x, int[] requested) {
        if (requested.length == 0) {
            return IntStream.range(0, x.rank()).toArray();
        }
        int[] axes = Arrays.stream(requested)
                .map(x.shape()::axis)
                .sorted()
                .distinct()
                .toArray();
        if (axes.length != requested.length) {
            throw new ShapeException(
                    operation + ": axes " + Arrays.toString(requested) + " of shape " + x.shape() + " name one twice");
        }
        return axes;
    }

    private static Shape without(Shape shape, int[] axes) {
        return Shape.of(IntStream.range(0, shape.rank())
                .filter(axis -> Arrays.stream(axes).noneMatch(reduced -> reduced == axis))
                .mapToLong(shape::size)
                .toArray());
    }
}
