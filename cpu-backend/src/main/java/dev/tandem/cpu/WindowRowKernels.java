package dev.tandem.cpu;

/** The loop of {@link WindowRowConvolution} over one row of one image. */
interface WindowRowKernels {
    /** Vectors of a window's rows that {@link #spread} adds up at once, for each of two pixels: what sixteen registers hold. */
    int UNITS = 5;

    /** Floats of a vector. */
    int lanes();

    /**
     * For each pixel of a row: {@code target[at + offsets[u] + lane] += Σ_o gradients[o] · weights[(o·UNITS + u)·lanes + lane]} for
     * five vectors u, where {@code gradients} advances by {@code outputs} a pixel and {@code at} by {@code channels}.
     *
     * @param pixels even
     * @param block room for {@code 2·UNITS·lanes()} floats
     */
    void spread(
            float[] gradients,
            int from,
            int outputs,
            float[] weights,
            int[] offsets,
            float[] target,
            int at,
            int channels,
            int pixels,
            float[] block);
}
