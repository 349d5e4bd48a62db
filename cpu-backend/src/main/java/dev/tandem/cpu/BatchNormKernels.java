package dev.tandem.cpu;

/** The loops of batch normalisation over pixels whose channels lie side by side, at absolute addresses. */
interface BatchNormKernels {
    /** What a channel's elements become: {@code factor · (x − mean) + shift}. */
    record Channels(float[] mean, float[] factor, float[] shift) {}

    /** {@code sums[c] += Σ (x − pivot[c])}, {@code squares[c] += Σ (x − pivot[c])²}; a pivot near the mean keeps digits. */
    void sums(long x, long pixels, float[] pivot, double[] sums, double[] squares);

    /**
     * {@code y = activation(factor · (x − mean) + shift + residual)}; y may lie where x or residual does.
     *
     * @param residual 0 for none
     * @param relu whether the activation is ReLU, keeping NaN, or none
     */
    void apply(long x, long residual, long y, long pixels, Channels channels, boolean relu);
}
