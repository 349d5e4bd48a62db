package dev.tandem.cpu;

import dev.tandem.backend.UnaryOp;

/** The functions of one float as the kernels compute them, operation by operation. */
final class ScalarFunctions {
    // Cody and Waite's ln 2 in two parts, and the polynomials of Cephes' expf and logf.
    static final float LOG2_E = 1.44269504088896341f;
    static final float LN2_HIGH = 0.693359375f;
    static final float LN2_LOW = -2.12194440e-4f;
    static final float ROUNDER = 12_582_912f; // 1.5·2²³: adding it rounds to an integer, in the low bits
    static final float EXP_LOWEST = -104f;
    static final float EXP_HIGHEST = 89f;
    static final float EXP_0 = 1.9875691500e-4f;
    static final float EXP_1 = 1.3981999507e-3f;
    static final float EXP_2 = 8.3334519073e-3f;
    static final float EXP_3 = 4.1665795894e-2f;
    static final float EXP_4 = 1.6666665459e-1f;
    static final float EXP_5 = 5.0000001201e-1f;
    static final float LOG_0 = 7.0376836292e-2f;
    static final float LOG_1 = -1.1514610310e-1f;
    static final float LOG_2 = 1.1676998740e-1f;
    static final float LOG_3 = -1.2420140846e-1f;
    static final float LOG_4 = 1.4249322787e-1f;
    static final float LOG_5 = -1.6668057665e-1f;
    static final float LOG_6 = 2.0000714765e-1f;
    static final float LOG_7 = -2.4999993993e-1f;
    static final float LOG_8 = 3.3333331174e-1f;
    static final float SQRT_HALF = 0.707106781186547524f;
    static final float SUBNORMAL_SCALE = 8_388_608f; // 2²³

    private ScalarFunctions() {}

    static float unary(UnaryOp op, float x, float a, float b) {
        return switch (op) {
            case NEGATE -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Math.signum(x);
            case EXP -> exp(x);
            case LOG -> log(x);
            case SQRT -> (float) Math.sqrt(x);
            case SQUARE -> x * x;
            case RECIPROCAL -> 1 / x;
            case SIN -> (float) Math.sin(x);
            case COS -> (float) Math.cos(x);
            case FLOOR -> (float) Math.floor(x);
            case CEIL -> (float) Math.ceil(x);
            case ROUND -> (float) Math.rint(x);
            case LINEAR -> a * x + b;
            case CLAMP, HARD_TANH -> clamp(x, a, b);
            case RELU -> x <= 0 ? 0 : x; // NaN stays
            case LEAKY_RELU -> x <= 0 ? a * x : x;
            case HARD_SIGMOID -> clamp(x * (1 / 6f) + 0.5f, 0, 1);
            case HARD_SWISH -> x * clamp(x * (1 / 6f) + 0.5f, 0, 1);
            default -> throw new AssertionError(op);
        };
    }

    /** NaN stays. */
    private static float clamp(float x, float low, float high) {
        float raised = x < low ? low : x;
        return raised > high ? high : raised;
    }

    /** @param s the input or the output, as {@link UnaryOp#derivativeNeeds} says */
    static float backward(UnaryOp op, float g, float s, float a, float b) {
        return switch (op) {
            case NEGATE -> -g;
            case ABS -> g * Math.signum(s);
            case SIGN, FLOOR, CEIL, ROUND -> 0;
            case EXP -> g * s;
            case LOG -> g / s;
            case SQRT -> g * 0.5f / s;
            case SQUARE -> g * (s + s);
            case RECIPROCAL -> -(g * (s * s));
            case SIN -> g * (float) Math.cos(s);
            case COS -> -(g * (float) Math.sin(s));
            case LINEAR -> g * a;
            case CLAMP -> s >= a && s <= b ? g : 0;
            case HARD_TANH -> s <= a || s >= b ? 0 : g;
            case RELU -> s <= 0 ? 0 : g;
            case LEAKY_RELU -> s > 0 ? g : g * a;
            case SIGMOID -> g * (s - s * s);
            case TANH -> g * (1 - s * s);
            case HARD_SIGMOID -> s > -3 && s < 3 ? g * (1 / 6f) : 0;
            case HARD_SWISH -> s <= -3 ? 0 : s >= 3 ? g : g * (s * (1 / 3f) + 0.5f);
            default -> throw new AssertionError(op);
        };
    }

    static float exp(float x) {
        float limited = clamp(x, EXP_LOWEST, EXP_HIGHEST);
        float shifted = limited * LOG2_E + ROUNDER;
        float whole = shifted - ROUNDER;
        int power = Float.floatToRawIntBits(shifted) - Float.floatToRawIntBits(ROUNDER);
        float r = limited - whole * LN2_HIGH - whole * LN2_LOW;
        float p = ((((EXP_0 * r + EXP_1) * r + EXP_2) * r + EXP_3) * r + EXP_4) * r + EXP_5;
        float result = p * (r * r) + r + 1;
        // In two steps, for results beyond the normal numbers.
        int half = power >> 1;
        return result * Float.intBitsToFloat(half + 127 << 23) * Float.intBitsToFloat(power - half + 127 << 23);
    }

    static float log(float x) {
        boolean subnormal = x < Float.MIN_NORMAL;
        int bits = Float.floatToRawIntBits(subnormal ? x * SUBNORMAL_SCALE : x);
        float e = (bits >> 23) - (subnormal ? 126 + 23 : 126);
        float m = Float.intBitsToFloat(bits & 0x7fffff | 0x3f000000);
        boolean low = m < SQRT_HALF;
        e = low ? e - 1 : e;
        m = (low ? m + m : m) - 1;
        float z = m * m;
        float p =
                (((((((LOG_0 * m + LOG_1) * m + LOG_2) * m + LOG_3) * m + LOG_4) * m + LOG_5) * m + LOG_6) * m + LOG_7)
                                * m
                        + LOG_8;
        float y = p * m * z + e * LN2_LOW - z * 0.5f;
        float result = m + y + e * LN2_HIGH;
        if (x > 0 && x < Float.POSITIVE_INFINITY) {
            return result;
        }
        return x == 0 ? Float.NEGATIVE_INFINITY : x > 0 ? x : Float.NaN;
    }
}
