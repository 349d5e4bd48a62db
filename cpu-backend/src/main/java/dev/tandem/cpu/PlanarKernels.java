package dev.tandem.cpu;

/** Loops of {@link PlanarConvolution}, over addresses in planes. Each goes far, since it is costly to begin one. */
interface PlanarKernels {
    /** Channels of the target, or of the gradient, that are computed at once. */
    int CHANNELS = 6;

    /** Floats of a vector. */
    int lanes();

    /**
     * Convolves the planes of an image.
     *
     * @param source the first source plane
     * @param weights {@code [tap, CHANNELS]}
     * @param bias {@code [CHANNELS]}
     * @param target an image in plain order
     */
    void convolve(PlanarPlan plan, long source, float[] weights, float[] bias, boolean relu, long target);

    /**
     * Adds to the sums over pixels of a gradient times what lies under two taps.
     *
     * @param gradient the first of {@link #CHANNELS} planes, each {@code step} bytes from the one before
     * @param pixels bytes to each vector of pixels in a plane of the gradient
     * @param a the first tap of pixel 0; {@code b} the second
     * @param places bytes from there to the tap of each vector of pixels
     * @param sums {@code [tap, CHANNELS, lane]}
     */
    void correlate(long gradient, long step, int[] pixels, long a, long b, int[] places, long sums);

    /** Copies vectors from places to places, in bytes. */
    void copy(long source, int[] from, long target, int[] to);
}
