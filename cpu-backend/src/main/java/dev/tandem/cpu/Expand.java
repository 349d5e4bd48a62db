package dev.tandem.cpu;

import dev.tandem.tensor.Shape;

/** Repeats axes of size 1. */
final class Expand {
    private Expand() {}

    static CpuStorage expand(CpuRuntime runtime, CpuStorage source, Shape shape) {
        CpuStorage target = runtime.allocate(shape, source.dtype(), order(source, shape));
        StridedCopy.copy(
                runtime,
                source.dtype(),
                shape.toArray(),
                source.address,
                strides(source, shape),
                target.address,
                target.strides());
        return target;
    }

    /** The strides with which a storage is read as if it had a shape that it broadcasts to. */
    static long[] strides(CpuStorage source, Shape shape) {
        long[] own = source.strides();
        long[] result = new long[shape.rank()];
        int extra = shape.rank() - own.length;
        for (int axis = 0; axis < own.length; axis++) {
            result[extra + axis] = source.shape().size(axis) == 1 ? 0 : own[axis];
        }
        return result;
    }

    /** The source's; what becomes an image from a number a channel goes back to images, which have channels last. */
    private static Order order(CpuStorage source, Shape shape) {
        Shape from = source.shape();
        if (shape.rank() != 4 || from.rank() != 4) {
            return Order.PLAIN;
        }
        boolean perChannel = from.size(1) > 1 && from.size(2) * from.size(3) == 1;
        return perChannel ? Order.CHANNELS_LAST : source.order();
    }
}
