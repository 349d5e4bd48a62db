package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tandem.tensor.DType;

/** Single elements of the integer types as longs. For what no training step waits for. */
final class Integers {
    private Integers() {}

    static long get(DType dtype, long address, long index) {
        return switch (dtype) {
            case INT32 -> NativeMemory.ALL.get(JAVA_INT, address + 4 * index);
            case INT64 -> NativeMemory.ALL.get(JAVA_LONG, address + 8 * index);
            case UINT8 -> NativeMemory.ALL.get(JAVA_BYTE, address + index) & 0xff;
            default -> throw new AssertionError(dtype);
        };
    }

    /** Values outside the type's range lose their upper bits. */
    static void set(DType dtype, long address, long index, long value) {
        switch (dtype) {
            case INT32 -> NativeMemory.ALL.set(JAVA_INT, address + 4 * index, (int) value);
            case INT64 -> NativeMemory.ALL.set(JAVA_LONG, address + 8 * index, value);
            case UINT8 -> NativeMemory.ALL.set(JAVA_BYTE, address + index, (byte) value);
            default -> throw new AssertionError(dtype);
        }
    }
}
