package dev.tandem.tensor;

import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Sums, means and extremes over axes, with their derivatives. */
final class Reduction {
    private Reduction() {}

    static Tensor reduce(ReduceOp op, Tensor x, boolean keepAxes, int... requested) {
        int[] axes = axes(op.name().toLowerCase(), x, requested);
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

    /** Elements that tie for the extreme share its gradient. */
    private static Tensor toExtremes(Tensor gradient, Tensor x, Tensor extreme, int[] axes) {
        Tensor ties = x.equalTo(extreme).cast(DType.FLOAT32);
        return gradient.divide(reduce(ReduceOp.SUM, ties, true, axes)).multiply(ties);
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
