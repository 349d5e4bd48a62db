package dev.tandem.data;

import java.util.Arrays;

/**
 * What pixels go through before a network: {@code (pixel − mean) · scale}, a channel each, pixels from 0 to 255; as {@code
 * InputOps.images} takes them.
 *
 * @param mean in pixel units
 */
public record Normalization(float[] mean, float[] scale) {
    private static final double LARGEST_PIXEL = 255;
    private static final double SMALLEST_DEVIATION = 1e-3; // of pixels, which are whole numbers: a constant channel

    public Normalization {
        checkChannels(mean.length, scale.length);
        mean = mean.clone();
        scale = scale.clone();
        for (int c = 0; c < mean.length; c++) {
            checkFinite(mean[c]);
            checkFinite(scale[c]);
        }
    }

    /** To 0 to 1. */
    public static Normalization zeroToOne(int channels) {
        return of(new double[channels], filled(channels, LARGEST_PIXEL));
    }

    /** Around 0, as far apart as from 0 to 1. */
    public static Normalization centred(double... mean) {
        return of(mean, filled(mean.length, LARGEST_PIXEL));
    }

    /**
     * To mean 0 and deviation 1.
     *
     * @param deviation 0 for a channel that is the same everywhere, which becomes 0
     */
    public static Normalization standard(double[] mean, double[] deviation) {
        for (double value : deviation) {
            if (!(value >= 0)) {
                throw new IllegalArgumentException(
                        "normalization: standard deviation " + value + " given; it must be 0 or more");
            }
        }
        return of(mean, deviation);
    }

    private static Normalization of(double[] mean, double[] divisor) {
        checkChannels(mean.length, divisor.length);
        float[] means = new float[mean.length];
        float[] scales = new float[mean.length];
        for (int c = 0; c < mean.length; c++) {
            means[c] = (float) mean[c];
            scales[c] = (float) (1 / Math.max(divisor[c], SMALLEST_DEVIATION));
        }
        return new Normalization(means, scales);
    }

    private static double[] filled(int count, double value) {
        double[] values = new double[count];
        Arrays.fill(values, value);
        return values;
    }

    private static void checkChannels(int means, int scales) {
        if (means != scales || means == 0) {
            throw new IllegalArgumentException(
                    "normalization: " + means + " means and " + scales + " scales; give one a channel");
        }
    }

    private static void checkFinite(float value) {
        if (!Float.isFinite(value)) {
            throw new IllegalArgumentException("normalization: " + value + " given; values must be finite");
        }
    }

    @Override
    public float[] mean() {
        return mean.clone();
    }

    @Override
    public float[] scale() {
        return scale.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Normalization that
                && Arrays.equals(mean, that.mean)
                && Arrays.equals(scale, that.scale);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(mean) + Arrays.hashCode(scale);
    }

    @Override
    public String toString() {
        return "(pixel − " + Arrays.toString(mean) + ") · " + Arrays.toString(scale);
    }
}
