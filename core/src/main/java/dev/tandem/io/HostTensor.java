package dev.tandem.io;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * An array in host memory: plain (row-major) order, little-endian, at any address. It belongs to no device; backends upload
 * from it and download into it. The memory lives as long as the segment's arena; what the factories allocate, as long as
 * someone refers to it.
 *
 * @param data exactly {@code shape.elements() · dtype.bytes()} bytes; read-only where it is mapped from a file
 */
public record HostTensor(DType dtype, Shape shape, MemorySegment data) {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final long ALIGNMENT = 64; // a cache line, and the widest vector

    /** @throws IllegalArgumentException if the bytes are not what shape and type need */
    public HostTensor {
        if (data.byteSize() != byteSize(dtype, shape)) {
            throw new IllegalArgumentException("host tensor " + dtype + shape + ": " + data.byteSize()
                    + " bytes were given, it needs " + byteSize(dtype, shape));
        }
    }

    /** Zeros. */
    public static HostTensor allocate(DType dtype, Shape shape) {
        return new HostTensor(dtype, shape, Arena.ofAuto().allocate(byteSize(dtype, shape), ALIGNMENT));
    }

    /**
     * A FLOAT32 copy of {@code values}.
     *
     * @throws IllegalArgumentException if their number is not the shape's; likewise below
     */
    public static HostTensor of(float[] values, Shape shape) {
        HostTensor result = allocate(DType.FLOAT32, checkLength(values.length, shape));
        MemorySegment.copy(values, 0, result.data, FLOAT, 0, values.length);
        return result;
    }

    /** An INT64 copy of {@code values}. */
    public static HostTensor of(long[] values, Shape shape) {
        HostTensor result = allocate(DType.INT64, checkLength(values.length, shape));
        MemorySegment.copy(values, 0, result.data, LONG, 0, values.length);
        return result;
    }

    /** An INT32 copy of {@code values}. */
    public static HostTensor of(int[] values, Shape shape) {
        HostTensor result = allocate(DType.INT32, checkLength(values.length, shape));
        MemorySegment.copy(values, 0, result.data, INT, 0, values.length);
        return result;
    }

    /** A UINT8 copy of {@code values}; a negative byte is its unsigned value. */
    public static HostTensor of(byte[] values, Shape shape) {
        HostTensor result = allocate(DType.UINT8, checkLength(values.length, shape));
        MemorySegment.copy(values, 0, result.data, ValueLayout.JAVA_BYTE, 0, values.length);
        return result;
    }

    /**
     * The elements of a floating type, exactly.
     *
     * @throws IllegalArgumentException if the type is an integer, or there are more elements than an array can hold
     */
    public float[] toFloatArray() {
        float[] result = new float[arrayLength("float", DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16)];
        switch (dtype) {
            case BFLOAT16 -> {
                for (int i = 0; i < result.length; i++) {
                    result[i] = Float.intBitsToFloat(data.get(SHORT, 2L * i) << 16);
                }
            }
            case FLOAT16 -> {
                for (int i = 0; i < result.length; i++) {
                    result[i] = Float.float16ToFloat(data.get(SHORT, 2L * i));
                }
            }
            default -> MemorySegment.copy(data, FLOAT, 0, result, 0, result.length);
        }
        return result;
    }

    /** The elements of an integer type; likewise. */
    public long[] toLongArray() {
        long[] result = new long[arrayLength("long", DType.INT64, DType.INT32, DType.UINT8)];
        switch (dtype) {
            case INT32 -> {
                for (int i = 0; i < result.length; i++) {
                    result[i] = data.get(INT, 4L * i);
                }
            }
            case UINT8 -> {
                for (int i = 0; i < result.length; i++) {
                    result[i] = data.get(ValueLayout.JAVA_BYTE, i) & 0xff;
                }
            }
            default -> MemorySegment.copy(data, LONG, 0, result, 0, result.length);
        }
        return result;
    }

    /** The elements of INT32; likewise. */
    public int[] toIntArray() {
        int[] result = new int[arrayLength("int", DType.INT32)];
        MemorySegment.copy(data, INT, 0, result, 0, result.length);
        return result;
    }

    /** The elements of UINT8, values above 127 as negative bytes; likewise. */
    public byte[] toByteArray() {
        byte[] result = new byte[arrayLength("byte", DType.UINT8)];
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, result, 0, result.length);
        return result;
    }

    /** Whether type, shape and every byte are the same; {@link #equals} compares addresses. */
    public boolean contentEquals(HostTensor other) {
        return dtype == other.dtype && shape.equals(other.shape) && data.mismatch(other.data) == -1;
    }

    /** For example {@code FLOAT32[64, 3, 11, 11]}. */
    @Override
    public String toString() {
        return dtype.toString() + shape;
    }

    private int arrayLength(String array, DType... allowed) {
        if (!Arrays.asList(allowed).contains(dtype)) {
            throw new IllegalArgumentException("host tensor " + this + ": a " + array + " array holds elements of "
                    + Arrays.stream(allowed).map(DType::name).collect(Collectors.joining(", ")) + " only");
        }
        if (shape.elements() > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "host tensor " + this + ": more elements than an array can hold; read them from data()");
        }
        return (int) shape.elements();
    }

    private static Shape checkLength(int length, Shape shape) {
        if (length != shape.elements()) {
            throw new IllegalArgumentException("host tensor " + shape + ": " + length
                    + " values were given, the shape has " + shape.elements() + " elements");
        }
        return shape;
    }

    private static long byteSize(DType dtype, Shape shape) {
        return Math.multiplyExact(shape.elements(), dtype.bytes());
    }
}
