package dev.tandem.nn;

import dev.tandem.nn.functional.Normalization;
import dev.tandem.tensor.Tensor;

/**
 * Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3): {@code x / (k + alpha/size · Σ
 * x²)^beta} over {@code size} neighbouring channels of images {@code [N, C, H, W]}.
 *
 * <p>Alpha is divided by the size, as in PyTorch and Caffe; the paper's 10⁻⁴ over 5 channels is alpha 5·10⁻⁴ here.
 */
public final class LocalResponseNorm extends Module {
    private final int size;
    private final float alpha;
    private final float beta;
    private final float k;

    /** Alpha 10⁻⁴, beta 0.75, k 1. */
    public LocalResponseNorm(int size) {
        this(size, 1e-4f, 0.75f, 1);
    }

    public LocalResponseNorm(int size, float alpha, float beta, float k) {
        this.size = size;
        this.alpha = alpha;
        this.beta = beta;
        this.k = k;
    }

    @Override
    protected Tensor forward(Tensor input) {
        return Normalization.localResponseNorm(input, size, alpha, beta, k);
    }

    @Override
    public String toString() {
        return "LocalResponseNorm(" + size + ", alpha " + alpha + ", beta " + beta + ", k " + k + ")";
    }
}
