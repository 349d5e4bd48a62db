package dev.tandem.cpu;

/**
 * The transforms of Winograd's convolution F(2×2, 3×3) (Lavin & Gray 2016, https://arxiv.org/abs/1509.09308, section 4.1) in
 * one dimension: each makes some rows of floats of others, element by element, at absolute addresses. {@code y} may be
 * {@code x0}: results may overwrite what they come from. Rows are multiples of a vector, {@link #width()}, long.
 */
interface WinogradKernels {
    /** Floats in a vector. */
    int width();

    /** {@code Bᵀ x}, of 4 rows at any addresses 4 rows, {@code step} bytes apart. */
    void input(long x0, long x1, long x2, long x3, long y, long step, long bytes);

    /** {@code Aᵀ x}, of 4 rows 2. */
    void output(long x, long step, long y0, long y1, long bytes);

    /**
     * {@code activation(Aᵀ x + bias)}, of 4 rows 2, of which one at address 0 is left out.
     *
     * @param bias a row, or 0 for none
     * @param relu whether the activation is ReLU, keeping NaN, or none
     */
    void output(long x, long step, long y0, long y1, long bytes, long bias, boolean relu);

    /** {@code A x}, of 2 rows 4. */
    void outputGradient(long x0, long x1, long y, long step, long bytes);

    /** {@code G x}, of 3 rows 4. */
    void filter(long x0, long x1, long x2, long y, long step, long bytes);

    /** {@code Gᵀ x}, of 4 rows 3. */
    void filterGradient(long x, long step, long y, long yStep, long bytes);
}
