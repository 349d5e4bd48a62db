package dev.tandem.conformance;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * Elements in row-major order: floating types as doubles, so that nothing is rounded but by a cast, integers as longs, so
 * that all 64 bits are exact.
 */
final class ReferenceStorage extends Storage {
    /** What one storage and its views share. */
    static final class Block {
        final long bytes;
        final String owner;
        private final double[] reals;
        private final long[] integers;
        private int users;

        Block(Shape shape, DType dtype) {
            int elements = Math.toIntExact(shape.elements());
            bytes = shape.elements() * dtype.bytes();
            owner = dtype + " " + shape;
            reals = dtype.isFloating() ? new double[elements] : null;
            integers = dtype.isFloating() ? null : new long[elements];
            // Undefined contents are made to show where they are used.
            if (reals != null) {
                java.util.Arrays.fill(reals, Double.NaN);
            } else {
                java.util.Arrays.fill(integers, 0x5A);
            }
        }
    }

    private final ReferenceHeap heap;
    private final Block block;
    private final int offset;

    ReferenceStorage(ReferenceHeap heap, Block block, int offset, Shape shape, DType dtype) {
        super(shape, dtype);
        this.heap = heap;
        this.block = block;
        this.offset = offset;
        block.users++;
    }

    private ReferenceStorage(ReferenceStorage sharing, int offset, Shape shape) {
        super(sharing, shape);
        this.heap = sharing.heap;
        this.block = sharing.block;
        this.offset = offset;
        block.users++;
    }

    /** Shares the memory. */
    ReferenceStorage view(long from, Shape shape) {
        return new ReferenceStorage(this, offset + Math.toIntExact(from), shape);
    }

    int elements() {
        return Math.toIntExact(shape().elements());
    }

    int size(int axis) {
        return Math.toIntExact(shape().size(axis));
    }

    /** An element as a double, whatever the type. */
    double get(int index) {
        return block.reals != null ? block.reals[offset + index] : block.integers[offset + index];
    }

    /** An element of an integer type. */
    long integer(int index) {
        return block.integers[offset + index];
    }

    void set(int index, double value) {
        if (block.reals != null) {
            block.reals[offset + index] = value;
        } else {
            setInteger(index, (long) value);
        }
    }

    void add(int index, double value) {
        set(index, get(index) + value);
    }

    /** Sets an element of an integer type, wrapping around as the type does. */
    void setInteger(int index, long value) {
        block.integers[offset + index] = switch (dtype()) {
            case UINT8 -> value & 0xFF;
            case INT32 -> (int) value;
            default -> value;
        };
    }

    /** Copies one element of a storage of the same type. */
    void take(int index, ReferenceStorage source, int from) {
        if (block.reals != null) {
            block.reals[offset + index] = source.block.reals[source.offset + from];
        } else {
            block.integers[offset + index] = source.block.integers[source.offset + from];
        }
    }

    double[] toDoubles() {
        double[] result = new double[elements()];
        for (int i = 0; i < result.length; i++) {
            result[i] = get(i);
        }
        return result;
    }

    @Override
    protected boolean ownsMemoryAlone() {
        return block.users == 1;
    }

    @Override
    protected void free() {
        if (--block.users == 0) {
            heap.free(block);
        }
    }
}
