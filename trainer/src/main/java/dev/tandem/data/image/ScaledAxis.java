package dev.tandem.data.image;

/** Which pixels along an axis make each of a scaled image, and their shares. */
public final class ScaledAxis {
    private final int[] from;
    private final float[][] shares;

    /**
     * @param size pixels of the whole axis
     * @param newSize what they are scaled to
     * @param first the first of the scaled pixels that are wanted, and how many from there
     */
    public ScaledAxis(int size, int newSize, int first, int count, Interpolation interpolation) {
        from = new int[count];
        shares = new float[count][];
        double step = (double) size / newSize;
        double width = Math.max(1, step);
        double reach = interpolation.support() * width;
        for (int i = 0; i < count; i++) {
            double center = (first + i + 0.5) * step;
            from[i] = Math.max(0, (int) Math.floor(center - reach));
            double[] weights = new double[Math.min(size, (int) Math.ceil(center + reach)) - from[i]];
            double total = 0;
            for (int k = 0; k < weights.length; k++) {
                weights[k] = interpolation.weight(Math.abs(from[i] + k + 0.5 - center) / width);
                total += weights[k];
            }
            shares[i] = new float[weights.length];
            for (int k = 0; k < weights.length; k++) {
                shares[i][k] = (float) (weights[k] / total);
            }
        }
    }

    /** Scaled pixels. */
    public int size() {
        return from.length;
    }

    /** The first pixel that scaled pixel {@code index} is made of. */
    public int from(int index) {
        return from[index];
    }

    /** The shares of that pixel and those behind it; they sum to 1. Not to be changed. */
    public float[] shares(int index) {
        return shares[index];
    }
}
