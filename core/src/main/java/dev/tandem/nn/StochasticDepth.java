package dev.tandem.nn;

import dev.tandem.tensor.Tensor;
import java.util.Arrays;

/**
 * In training zeroes each example with the given probability and scales the rest by {@code 1 / (1 − probability)}; in evaluation
 * passes everything on. Before a residual's sum it leaves the block out (Huang et al. 2016, https://arxiv.org/abs/1603.09382).
 */
public final class StochasticDepth extends Module {
    private final float probability;

    /** @param probability of an example to be zeroed, in [0, 1) */
    public StochasticDepth(float probability) {
        if (!(probability >= 0 && probability < 1)) {
            throw new IllegalArgumentException("StochasticDepth: probability " + probability + " must be in [0, 1)");
        }
        this.probability = probability;
    }

    @Override
    protected Tensor forward(Tensor input) {
        if (!isTraining() || probability == 0) {
            return input;
        }
        long[] shape = new long[input.rank()];
        Arrays.fill(shape, 1);
        shape[0] = input.size(0);
        float kept = 1 - probability;
        Tensor factors = input.device().random().bernoulli(kept, shape).multiply(1 / kept);
        return input.multiply(factors);
    }

    @Override
    public String toString() {
        return "StochasticDepth(" + probability + ")";
    }
}
