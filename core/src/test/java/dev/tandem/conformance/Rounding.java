package dev.tandem.conformance;

import dev.tandem.tensor.DType;

/** Rounding to floating types: to the nearest value, halves to even, beyond the largest to infinity. */
final class Rounding {
    private Rounding() {}

    static double round(double value, DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> (float) value;
            case BFLOAT16 -> round(value, 8, -126, 0x1.FEp127);
            case FLOAT16 -> round(value, 11, -14, 65504);
            default -> throw new IllegalArgumentException(dtype + " is not floating");
        };
    }

    /** @param lowest exponent of the smallest normal number, whose grain the subnormals share */
    private static double round(double value, int digits, int lowest, double largest) {
        if (value == 0 || !Double.isFinite(value)) {
            return value;
        }
        double grain = Math.scalb(1.0, Math.max(Math.getExponent(value), lowest) - digits + 1);
        double rounded = Math.rint(value / grain) * grain;
        return Math.abs(rounded) > largest ? Math.copySign(Double.POSITIVE_INFINITY, value) : rounded;
    }

    /** The 16 bits of a value that {@link #round} gave. */
    static short toBits(double value, DType dtype) {
        return dtype == DType.FLOAT16
                ? Float.floatToFloat16((float) value)
                : (short) (Float.floatToRawIntBits((float) value) >>> 16);
    }

    static double fromBits(short bits, DType dtype) {
        return dtype == DType.FLOAT16 ? Float.float16ToFloat(bits) : Float.intBitsToFloat(bits << 16);
    }
}
