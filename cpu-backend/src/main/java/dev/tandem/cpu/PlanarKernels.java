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
     * @param target the first of {@link #CHANNELS} target planes
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

    /**
     * Makes all results of one kind.
     *
     * @param step bytes from part to part
     */
    void shuffle(PlaneShuffle shuffle, int kind, long source, long step, long target);

    /** Copies every {@code step}-th float to the given places, in bytes. */
    void spread(long source, int step, long target, int[] places);

    /** Copies floats from the given places, in bytes, to every {@code step}-th. */
    void collect(long source, int[] places, long target, int step);
}
