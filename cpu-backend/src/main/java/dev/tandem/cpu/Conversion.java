package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tandem.tensor.DType;

/** Elements of any type as doubles and back: conversions and fills. */
final class Conversion {
    private Conversion() {}

    static double get(DType dtype, long address, long index) {
        return switch (dtype) {
            case FLOAT32 -> ScalarBinaryKernels.get(address + 4 * index);
            case BFLOAT16 -> Float.intBitsToFloat(NativeMemory.ALL.get(JAVA_SHORT, address + 2 * index) << 16);
            case FLOAT16 -> Float.float16ToFloat(NativeMemory.ALL.get(JAVA_SHORT, address + 2 * index));
            default -> Integers.get(dtype, address, index);
        };
    }

    static void set(DType dtype, long address, long index, double value) {
        switch (dtype) {
            case FLOAT32 -> ScalarBinaryKernels.set(address + 4 * index, (float) value);
            case BFLOAT16 -> NativeMemory.ALL.set(JAVA_SHORT, address + 2 * index, toBfloat16((float) value));
            case FLOAT16 -> NativeMemory.ALL.set(JAVA_SHORT, address + 2 * index, Float.floatToFloat16((float) value));
            default -> Integers.set(dtype, address, index, (long) value);
        }
    }

    /** Rounds to nearest even; NaN stays NaN. */
    static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40); // a NaN whose upper half were all zeros would read as infinity
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    static void convert(DType from, long source, DType to, long target, long start, long end) {
        boolean integers = !from.isFloating() && !to.isFloating();
        for (long i = start; i < end; i++) {
            if (integers) { // exactly, where a double would round
                Integers.set(to, target, i, Integers.get(from, source, i));
            } else {
                set(to, target, i, get(from, source, i));
            }
        }
    }
}
