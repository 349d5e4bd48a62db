package dev.tandem.cpu;

/** The loop of {@link ScatteredGradient}. */
interface ScatterKernels {
    /** Channels of a gradient that are scattered at once. */
    int CHANNELS = 8;

    /** Vectors that are added to at once. */
    int VECTORS = 2;

    /** Floats of a vector. */
    int lanes();

    /**
     * Adds each pixel's products with the weights to a strip of {@link #VECTORS} vectors.
     *
     * @param gradient channels of all pixels
     * @param from each pixel's first channel in it
     * @param first what to add to {@code from}
     * @param weights {@code [CHANNELS, VECTORS · lanes]}
     * @param rest lanes of the last vector that are in the window
     * @param target an address
     * @param to bytes from there to each pixel's strip
     */
    void scatter(float[] gradient, int[] from, int first, float[] weights, int rest, long target, int[] to);
}
