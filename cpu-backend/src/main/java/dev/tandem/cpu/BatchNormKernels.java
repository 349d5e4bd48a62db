package dev.tandem.cpu;

/**
 * The loops of batch normalisation over elements in memory, the first of channel 0, at absolute addresses. All arrays say something of
 * each channel, over and over again up to one length, a multiple of the channels and of {@link #lanes}.
 */
interface BatchNormKernels {
    /** Floats of a vector. */
    int lanes();

    /** What elements become: {@code factor · (x − mean) + shift}. */
    record Channels(int count, float[] mean, float[] factor, float[] shift) {}

    /** {@code sums += Σ (x − pivot)}, {@code squares += Σ (x − pivot)²}; a pivot near the mean keeps digits. */
    void sums(long x, long elements, float[] pivot, float[] sums, float[] squares);

    /**
     * {@code y = activation(factor · (x − mean) + shift + residual)}; y may lie where x or residual does.
     *
     * @param residual 0 for none
     * @param relu whether the activation is ReLU, keeping NaN, or none
     */
    void apply(long x, long residual, long y, long elements, Channels channels, boolean relu);

    /**
     * {@code sums += Σ g}, {@code products += Σ g · (x − mean)}, where {@code g} is the gradient.
     *
     * @param relu whether a ReLU let {@code g} through: it is zero where {@link #apply} made no number above zero
     */
    void gradientSums(
            long gradient, long x, long elements, Channels channels, boolean relu, float[] sums, float[] products);

    /**
     * {@code result = factor · g + slope · (x − mean) + offset}; the result may lie where the gradient does.
     *
     * @param relu as in {@link #gradientSums}
     */
    void gradient(
            long gradient,
            long x,
            long result,
            long elements,
            Channels channels,
            boolean relu,
            float[] slope,
            float[] offset);
}
