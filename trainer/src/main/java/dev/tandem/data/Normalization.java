package dev.tandem.data;

import java.util.Arrays;

/**
 * What pixels go through before a network: {@code (pixel − mean) · scale}, a channel each, pixels from 0 to 255.
 *
 * @param mean in pixel units
 */
public record Normalization(float[] mean, float[] scale) {
    public Normalization {
        if (mean.length != scale.length) {
            throw new IllegalArgumentException(
                    "normalization: " + mean.length + " means and " + scale.length + " scales; give one a channel");
        }
        mean = mean.clone();
        scale = scale.clone();
    }

    /** To 0 to 1. */
    public static Normalization zeroToOne(int channels) {
        return of(new double[channels], filled(channels, 255));
    }

    /** Around 0, from about −0.5 to 0.5. */
    public static Normalization centred(double... mean) {
        return of(mean, filled(mean.length, 255));
    }

    /** To mean 0 and deviation 1. */
    public static Normalization standard(double[] mean, double[] deviation) {
        return of(mean, deviation);
    }

    private static Normalization of(double[] mean, double[] divisor) {
        float[] means = new float[mean.length];
        float[] scales = new float[mean.length];
        for (int c = 0; c < mean.length; c++) {
            means[c] = (float) mean[c];
            scales[c] = (float) (1 / Math.max(divisor[c], 1e-3)); // a constant channel stays finite
        }
        return new Normalization(means, scales);
    }

    private static double[] filled(int count, double value) {
        double[] values = new double[count];
        Arrays.fill(values, value);
        return values;
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
