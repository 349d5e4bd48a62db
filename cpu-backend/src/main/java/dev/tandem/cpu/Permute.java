package dev.tandem.cpu;

import dev.tandem.tensor.Shape;

/** Axes in another sequence. */
final class Permute {
    private Permute() {}

    /** A copy, or the same memory where the elements lie right already: channels last to {@code [N, H, W, C]}, for one. */
    static CpuStorage permute(CpuRuntime runtime, CpuStorage source, int[] sequence) {
        long[] strides = source.strides();
        long[] sizes = new long[sequence.length];
        long[] from = new long[sequence.length];
        for (int axis = 0; axis < sequence.length; axis++) {
            sizes[axis] = source.shape().size(sequence[axis]);
            from[axis] = strides[sequence[axis]];
        }
        Shape shape = Shape.of(sizes);
        for (Order order : Order.values()) {
            if ((order == Order.PLAIN || shape.rank() == 4) && lies(shape, from, order.strides(shape))) {
                return source.alias(shape, order);
            }
        }
        CpuStorage target = runtime.allocate(shape, source.dtype());
        StridedCopy.copy(
                runtime, source.dtype(), sizes, source.address, from, target.address, Order.PLAIN.strides(shape));
        return target;
    }

    private static boolean lies(Shape shape, long[] strides, long[] wanted) {
        for (int axis = 0; axis < strides.length; axis++) {
            if (shape.size(axis) != 1 && strides[axis] != wanted[axis]) {
                return false;
            }
        }
        return true;
    }
}
