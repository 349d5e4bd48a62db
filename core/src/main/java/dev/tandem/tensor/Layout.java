package dev.tandem.tensor;

import dev.tandem.backend.PadMode;
import dev.tandem.backend.Storage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Other arrangements of the same elements: reshape, permute, slice, concat, pad, with their derivatives. */
final class Layout {
    private Layout() {}

    /** One size may be −1: what is left. */
    static Shape resolve(Shape from, long... sizes) {
        int unknown = -1;
        long product = 1;
        for (int axis = 0; axis < sizes.length; axis++) {
            if (sizes[axis] == -1 && unknown < 0) {
                unknown = axis;
            } else {
                product *= sizes[axis];
            }
        }
        long[] result = sizes.clone();
        if (unknown >= 0 && product > 0) {
            result[unknown] = from.elements() / product;
        }
        if (Arrays.stream(result).anyMatch(size -> size < 0) || Shape.of(result).elements() != from.elements()) {
            throw new ShapeException("reshape: " + from + " has " + from.elements() + " elements and cannot become "
                    + Arrays.toString(sizes) + "; the product of the sizes must be the same (one may be -1)");
        }
        return Shape.of(result);
    }

    static Tensor reshape(Tensor x, Shape shape) {
        if (shape.equals(x.shape())) {
            return x;
        }
        Shape from = x.shape();
        return record("reshape", x, x.device().memory().reshape(x.storage(), shape), backward -> {
            backward.give(0, backward.gradient().reshape(from));
        });
    }

    static Tensor permute(Tensor x, int... requested) {
        int[] order = Arrays.stream(requested).map(x.shape()::axis).toArray();
        if (order.length != x.rank() || Arrays.stream(order).distinct().count() != x.rank()) {
            throw new ShapeException("permute: order " + Arrays.toString(requested) + " of shape " + x.shape()
                    + " must name each axis once");
        }
        int[] inverse = IntStream.range(0, order.length)
                .boxed()
                .sorted((a, b) -> order[a] - order[b])
                .mapToInt(Integer::intValue)
                .toArray();
        return record("permute", x, x.device().memory().permute(x.storage(), order), backward -> {
            backward.give(0, backward.gradient().permute(inverse));
        });
    }

    static Tensor slice(Tensor x, int requested, long start, long stop, long step) {
        int axis = x.shape().axis(requested);
        long size = x.size(axis);
        long from = start < 0 ? start + size : start;
        long to = stop < 0 ? stop + size : stop;
        if (from < 0 || from > to || to > size || step < 1) {
            throw new ShapeException("slice: " + start + " to " + stop + " in steps of " + step + " along axis " + axis
                    + " of shape " + x.shape() + "; it must lie within 0 to " + size + " with a positive step");
        }
        long[] starts = new long[x.rank()];
        long[] steps = new long[x.rank()];
        Arrays.fill(steps, 1);
        starts[axis] = from;
        steps[axis] = step;
        Shape outer = x.shape();
        Shape inner = outer.with(axis, (to - from + step - 1) / step);
        Storage y = x.device().memory().slice(x.storage(), starts, steps, inner);
        return record("slice", x, y, backward -> {
            Storage gradient = backward.gradient().storage();
            backward.give(0, backward.device().memory().unslice(gradient, starts, steps, outer));
        });
    }

    static Tensor expand(Tensor x, Shape shape) {
        if (shape.equals(x.shape())) {
            return x;
        }
        if (!Shape.broadcast("expand", x.shape(), shape).equals(shape)) {
            throw new ShapeException(
                    "expand: " + x.shape() + " cannot become " + shape + "; only axes of size 1 repeat");
        }
        return record("expand", x, x.device().memory().expand(x.storage(), shape), backward -> {
            backward.give(0, backward.gradient()); // give sums along repeated axes
        });
    }

    /** The sum over the axes along which {@code shape} would broadcast to x's. */
    static Tensor sumTo(Tensor x, Shape shape) {
        if (x.shape().equals(shape)) {
            return x;
        }
        int extra = x.rank() - shape.rank();
        int[] axes = IntStream.range(0, x.rank())
                .filter(axis -> axis < extra || shape.size(axis - extra) != x.size(axis))
                .toArray();
        return axes.length == 0 ? x.reshape(shape) : x.sum(axes).reshape(shape);
    }

    static Tensor concat(int requested, List<Tensor> parts) {
        if (parts.isEmpty()) {
            throw new ShapeException("concat: no tensors given");
        }
        Tensor head = parts.get(0);
        int axis = head.shape().axis(requested);
        long[] ends = new long[parts.size()];
        long total = 0;
        List<Storage> storages = new ArrayList<>();
        for (Tensor part : parts) {
            head.checkSameDevice("concat", part);
            if (part.rank() != head.rank()
                    || part.dtype() != head.dtype()
                    || !part.shape().with(axis, 0).equals(head.shape().with(axis, 0))) {
                throw new ShapeException("concat: " + part.dtype() + part.shape() + " does not fit " + head.dtype()
                        + head.shape() + " along axis " + axis + "; type and all other sizes must be equal");
            }
            total += part.size(axis);
            ends[storages.size()] = total;
            storages.add(part.storage());
        }
        Storage y = head.device().memory().concat(storages, axis);
        Tensor[] inputs = parts.toArray(Tensor[]::new);
        return Autograd.record("concat", head.device(), y, inputs, new Storage[0], backward -> {
            for (int i = 0; i < ends.length; i++) {
                if (backward.needs(i)) {
                    backward.give(i, backward.gradient().slice(axis, i == 0 ? 0 : ends[i - 1], ends[i]));
                }
            }
        });
    }

    static Tensor stack(int requested, List<Tensor> parts) {
        if (parts.isEmpty()) {
            throw new ShapeException("stack: no tensors given");
        }
        int axis = parts.get(0).shape().newAxis(requested);
        for (Tensor part : parts) {
            if (!part.shape().equals(parts.get(0).shape())) {
                throw new ShapeException(
                        "stack: " + part.shape() + " beside " + parts.get(0).shape() + "; all shapes must be equal");
            }
        }
        return concat(axis, parts.stream().map(part -> part.unsqueeze(axis)).toList());
    }

    static Tensor pad(Tensor x, long[] before, long[] after, PadMode mode, double value) {
        if (before.length != x.rank() || after.length != x.rank()) {
            throw new ShapeException("pad: " + before.length + " and " + after.length + " sizes for shape " + x.shape()
                    + "; give one before and one after for each axis");
        }
        for (int axis = 0; axis < x.rank(); axis++) {
            long most = Math.max(before[axis], after[axis]);
            if (Math.min(before[axis], after[axis]) < 0
                    || (mode == PadMode.REFLECT && most >= Math.max(1, x.size(axis)))
                    || (mode == PadMode.REPLICATE && most > 0 && x.size(axis) == 0)) {
                throw new ShapeException("pad: " + before[axis] + " before and " + after[axis] + " after axis " + axis
                        + " of shape " + x.shape() + "; sizes must not be negative"
                        + (mode == PadMode.REFLECT ? ", and below the axis' size to reflect" : "")
                        + (mode == PadMode.REPLICATE ? ", and there must be an element to repeat" : ""));
            }
        }
        if (mode == PadMode.CONSTANT && !x.dtype().holds(value)) {
            throw new IllegalArgumentException("pad: " + value + " is no " + x.dtype() + ", which the tensor is of");
        }
        Shape from = x.shape();
        Storage y = x.device().memory().pad(x.storage(), before, after, mode, value);
        return record("pad", x, y, backward -> {
            Storage gradient = backward.gradient().storage();
            backward.give(0, backward.device().memory().padBackward(gradient, from, before, after, mode));
        });
    }

    private static Tensor record(String name, Tensor x, Storage y, Autograd.BackwardFunction function) {
        return Autograd.record(name, x.device(), y, new Tensor[] {x}, new Storage[0], function);
    }
}
