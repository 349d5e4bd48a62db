package dev.tandem.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The sizes of a tensor's axes, outermost first, as in {@code [N, C, H, W]}. Immutable; a scalar has rank 0. */
public final class Shape {
    private final long[] sizes;
    private final long elements;

    private Shape(long[] sizes) {
        long product = 1;
        for (long size : sizes) {
            if (size < 0) {
                throw new ShapeException("shape " + Arrays.toString(sizes) + ": a size is negative");
            }
            product = Math.multiplyExact(product, size);
        }
        this.sizes = sizes;
        this.elements = product;
    }

    /** @throws ShapeException if a size is negative */
    public static Shape of(long... sizes) {
        return new Shape(sizes.clone());
    }

    public int rank() {
        return sizes.length;
    }

    /** The number of elements: the product of all sizes, 1 for a scalar. */
    public long elements() {
        return elements;
    }

    /** The size of an axis; a negative axis counts from the end. */
    public long size(int axis) {
        return sizes[axis(axis)];
    }

    /** An axis counted from the start, whether it was given from the start or (negative) from the end. */
    public int axis(int axis) {
        int result = axis < 0 ? axis + sizes.length : axis;
        if (result < 0 || result >= sizes.length) {
            throw new ShapeException("axis " + axis + " of shape " + this + ": "
                    + (sizes.length == 0
                            ? "a scalar has no axes"
                            : "it can be from " + -sizes.length + " to " + (sizes.length - 1)));
        }
        return result;
    }

    /**
     * Where an axis goes that is to be added, counted from the start: the resulting shape has one axis more, and a negative axis
     * counts from its end.
     */
    public int newAxis(int axis) {
        int result = axis < 0 ? axis + sizes.length + 1 : axis;
        if (result < 0 || result > sizes.length) {
            throw new ShapeException("new axis " + axis + " for shape " + this + ": it can be from "
                    + -(sizes.length + 1) + " to " + sizes.length);
        }
        return result;
    }

    public long[] toArray() {
        return sizes.clone();
    }

    /** This shape with one axis of another size. */
    public Shape with(int axis, long size) {
        long[] result = sizes.clone();
        result[axis(axis)] = size;
        return new Shape(result);
    }

    /** Element strides of the plain (row-major) order. */
    public long[] strides() {
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int axis = sizes.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= Math.max(1, sizes[axis]);
        }
        return strides;
    }

    /**
     * The shape that two operands broadcast to, by NumPy's rule: aligned at the last axis, sizes are equal or one is 1.
     *
     * @throws ShapeException if they do not fit, naming the operation and both shapes
     */
    public static Shape broadcast(String operation, Shape a, Shape b) {
        if (a.equals(b)) {
            return a;
        }
        int rank = Math.max(a.rank(), b.rank());
        long[] result = new long[rank];
        for (int axis = 1; axis <= rank; axis++) {
            long left = axis <= a.rank() ? a.sizes[a.rank() - axis] : 1;
            long right = axis <= b.rank() ? b.sizes[b.rank() - axis] : 1;
            if (left != right && left != 1 && right != 1) {
                throw new ShapeException(operation + ": shapes " + a + " and " + b
                        + " do not broadcast: aligned at the last axis, sizes must be equal or 1 (" + left + " and "
                        + right + ")");
            }
            result[rank - axis] = left == 1 ? right : left;
        }
        return new Shape(result);
    }

    /** The shape after reducing over some axes, each kept with size 1. */
    public Shape reduced(int... axes) {
        long[] result = sizes.clone();
        for (int axis : axes) {
            result[axis(axis)] = 1;
        }
        return new Shape(result);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sizes);
    }

    /** For example {@code [64, 3, 224, 224]}. */
    @Override
    public String toString() {
        return Arrays.stream(sizes).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
