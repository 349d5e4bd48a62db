package dev.tandem.cpu;

/**
 * Box and Muller's transform (1958) of two random words: {@code √(−2 ln(1 − u))} times the cosine and the sine of {@code 2πv},
 * with {@code u} and {@code v} 24 bits after the point. The polynomials are those of Cephes' logf, sinf and cosf; no
 * operation is fused and none is a library's, so that the results have the same bits on every machine. Nothing branches:
 * half of all guesses would be wrong.
 */
final class BoxMuller {
    private static final int SQRT_HALF = 0x3F3504F3; // the bits of √½

    private BoxMuller() {}

    /** The bits of the cosine's number in the lower, of the sine's in the upper half. */
    static long pair(int u, int v) {
        float radius = radius(u);
        int quarter = v + (1 << 21) >> 22; // the nearest one
        float x = (v - (quarter << 22)) * (float) (2 * Math.PI * 0x1p-24); // within ±π/4
        float z = x * x;
        int sine = Float.floatToRawIntBits(radius * sine(x, z));
        int cosine = Float.floatToRawIntBits(radius * cosine(z));
        // Odd quarters exchange sine and cosine, bit 1 tells the signs.
        int exchange = (sine ^ cosine) & -(quarter & 1);
        int first = cosine ^ exchange ^ (quarter + 1 & 2) << 30;
        int second = sine ^ exchange ^ (quarter & 2) << 30;
        return (long) second << 32 | first & 0xFFFFFFFFL;
    }

    /** {@code √(−2 ln(1 − u))} */
    private static float radius(int u) {
        // 1 − u = m·2^e with m in [√½, √2)
        int bits = Float.floatToRawIntBits(((1 << 24) - u) * 0x1p-24f) - SQRT_HALF;
        float e = bits >> 23;
        float f = Float.intBitsToFloat((bits & 0x7FFFFF) + SQRT_HALF) - 1;
        float z = f * f;
        float p = 7.0376836292E-2f;
        p = p * f - 1.1514610310E-1f;
        p = p * f + 1.1676998740E-1f;
        p = p * f - 1.2420140846E-1f;
        p = p * f + 1.4249322787E-1f;
        p = p * f - 1.6668057665E-1f;
        p = p * f + 2.0000714765E-1f;
        p = p * f - 2.4999993993E-1f;
        p = p * f + 3.3333331174E-1f;
        float y = p * f * z - 2.12194440e-4f * e - 0.5f * z;
        float logarithm = f + y + 0.693359375f * e;
        return (float) Math.sqrt(-2 * logarithm);
    }

    private static float sine(float x, float z) {
        float p = -1.9515295891E-4f * z + 8.3321608736E-3f;
        p = p * z - 1.6666654611E-1f;
        return p * z * x + x;
    }

    private static float cosine(float z) {
        float p = 2.443315711809948E-5f * z - 1.388731625493765E-3f;
        p = p * z + 4.166664568298827E-2f;
        return p * z * z - 0.5f * z + 1;
    }
}
