package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tandem.tensor.DType;

/** Sets all elements to one value. */
final class Fill {
    private static final MemoryKernels KERNELS = Kernels.of(MemoryKernels.class);

    private Fill() {}

    static void fill(CpuRuntime runtime, CpuStorage target, double value) {
        int bytes = target.dtype().bytes();
        long pattern = pattern(target.dtype(), value);
        runtime.parallel()
                .run(
                        target.shape().elements(),
                        (from, to) -> KERNELS.fill(target.address + from * bytes, (to - from) * bytes, pattern));
    }

    /** The bits of a value in a type, over and over through 8 bytes. */
    private static long pattern(DType dtype, double value) {
        return switch (dtype) {
            case FLOAT32 -> repeated(Float.floatToRawIntBits((float) value), 4);
            case BFLOAT16 -> repeated(Conversion.toBfloat16((float) value), 2);
            case FLOAT16 -> repeated(Float.floatToFloat16((float) value), 2);
            case INT32, INT64, UINT8 -> repeated((long) value, dtype.bytes());
        };
    }

    /** The element at an address, over and over through 8 bytes. */
    static long pattern(long address, int bytes) {
        long bits =
                switch (bytes) {
                    case 1 -> NativeMemory.ALL.get(JAVA_BYTE, address);
                    case 2 -> NativeMemory.ALL.get(JAVA_SHORT, address);
                    case 4 -> NativeMemory.ALL.get(JAVA_INT, address);
                    default -> NativeMemory.ALL.get(JAVA_LONG, address);
                };
        return repeated(bits, bytes);
    }

    private static long repeated(long bits, int bytes) {
        return switch (bytes) {
            case 1 -> (bits & 0xff) * 0x0101010101010101L;
            case 2 -> (bits & 0xffff) * 0x0001000100010001L;
            case 4 -> (bits & 0xffffffffL) * 0x0000000100000001L;
            default -> bits;
        };
    }
}
