package dev.tandem.io;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Element types as files hold them, under safetensors' names. Those that devices have not become the smallest one that holds
 * all their values when they are read; F64 is rounded to FLOAT32.
 */
enum StoredType {
    F32(4, DType.FLOAT32),
    F16(2, DType.FLOAT16),
    BF16(2, DType.BFLOAT16),
    F64(8, DType.FLOAT32),
    I64(8, DType.INT64),
    I32(4, DType.INT32),
    I16(2, DType.INT32),
    I8(1, DType.INT32),
    U32(4, DType.INT64),
    U16(2, DType.INT32),
    U8(1, DType.UINT8),
    BOOL(1, DType.UINT8);

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE_ENDIAN);

    private final int bytes;
    private final DType dtype;

    StoredType(int bytes, DType dtype) {
        this.bytes = bytes;
        this.dtype = dtype;
    }

    /** Null if there is none of that name. */
    static StoredType named(String name) {
        for (StoredType type : values()) {
            if (type.name().equals(name)) {
                return type;
            }
        }
        return null;
    }

    /** What a type of ours is written as. */
    static StoredType of(DType dtype) {
        for (StoredType type : values()) {
            if (type.dtype == dtype) {
                return type; // the first of its type is the one that needs no conversion
            }
        }
        throw new AssertionError(dtype);
    }

    /** Bytes an element in a file. */
    int bytes() {
        return bytes;
    }

    /** What it is in memory. */
    DType dtype() {
        return dtype;
    }

    /** Whether elements in a file and in memory are the same bytes. */
    boolean isNative() {
        return of(dtype) == this || this == BOOL;
    }

    /** @param data in plain order, of exactly the shape's size; not copied where it need not be converted */
    HostTensor tensor(Shape shape, MemorySegment data) {
        if (isNative()) {
            return new HostTensor(dtype, shape, data);
        }
        HostTensor result = HostTensor.allocate(dtype, shape);
        for (long i = 0; i < shape.elements(); i++) {
            convert(data, i, result.data());
        }
        return result;
    }

    private void convert(MemorySegment from, long i, MemorySegment to) {
        switch (this) {
            case F64 -> to.set(FLOAT, 4 * i, (float) from.get(DOUBLE, 8 * i));
            case I16 -> to.set(INT, 4 * i, from.get(SHORT, 2 * i));
            case I8 -> to.set(INT, 4 * i, from.get(ValueLayout.JAVA_BYTE, i));
            case U32 -> to.set(LONG, 8 * i, Integer.toUnsignedLong(from.get(INT, 4 * i)));
            case U16 -> to.set(INT, 4 * i, Short.toUnsignedInt(from.get(SHORT, 2 * i)));
            default -> throw new AssertionError(this);
        }
    }
}
