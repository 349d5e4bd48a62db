package dev.tandem.cuda;

import dev.tandem.tensor.DType;

/** Sets all elements to one value, rounded to their type. */
final class Fill {
    private Fill() {}

    static void fill(CudaRuntime runtime, CudaStorage target, double value) {
        fill(runtime, target.address, target.dtype(), target.elements(), value);
    }

    static void fill(CudaRuntime runtime, long address, DType dtype, long elements, double value) {
        runtime.kernel("copy", "fill", integer(dtype))
                .with(address)
                .with(bits(dtype, value))
                .with(elements)
                .over(elements);
    }

    /** Halves are filled as floats are: with their bits. */
    private static DType integer(DType dtype) {
        return dtype == DType.FLOAT16 ? DType.BFLOAT16 : StridedCopy.sameSize(dtype);
    }

    private static long bits(DType dtype, double value) {
        return switch (dtype) {
            case FLOAT32 -> Float.floatToRawIntBits((float) value);
            case BFLOAT16 -> bfloat16((float) value);
            case FLOAT16 -> Float.floatToFloat16((float) value);
            case INT32, INT64, UINT8 -> (long) value;
        };
    }

    private static long bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.isNaN(value) ? 0x7fc0 : (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
    }
}
