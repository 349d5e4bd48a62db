package dev.tandem.conformance;

import dev.tandem.tensor.Shape;

/** Between an element's number in row-major order and its position along each axis. */
final class Index {
    private Index() {}

    static long[] of(int element, Shape shape) {
        long[] index = new long[shape.rank()];
        long rest = element;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            index[axis] = rest % shape.size(axis);
            rest /= shape.size(axis);
        }
        return index;
    }

    static int element(long[] index, Shape shape) {
        long element = 0;
        for (int axis = 0; axis < index.length; axis++) {
            element = element * shape.size(axis) + index[axis];
        }
        return Math.toIntExact(element);
    }

    /** The element of a smaller shape that stands at a position of the shape that it broadcasts to. */
    static int broadcast(long[] index, Shape smaller) {
        int extra = index.length - smaller.rank();
        long[] inner = new long[smaller.rank()];
        for (int axis = 0; axis < inner.length; axis++) {
            inner[axis] = smaller.size(axis) == 1 ? 0 : index[extra + axis];
        }
        return element(inner, smaller);
    }
}
