package dev.tandem.optim;

import dev.tandem.backend.OptimizerOps;
import dev.tandem.nn.Module;
import java.util.List;

/**
 * Adam: {@code m = beta1·m + (1−beta1)·g; s = beta2·s + (1−beta2)·g²; p −= learningRate · m̂ / (√ŝ + epsilon)} with {@code m̂ = m /
 * (1 − beta1ᵗ)} and {@code ŝ = s / (1 − beta2ᵗ)} (Kingma and Ba 2014, https://arxiv.org/abs/1412.6980). Betas are 0.9 and 0.999,
 * epsilon 10⁻⁸.
 */
public final class Adam extends Optimizer {
    private float beta1 = 0.9f;
    private float beta2 = 0.999f;
    private float epsilon = 1e-8f;

    public Adam(Module network, float learningRate) {
        super(network, learningRate);
    }

    /** The shares of the past in the averages of gradients and of their squares. */
    public Adam betas(float beta1, float beta2) {
        this.beta1 = Settings.fraction("beta1", beta1);
        this.beta2 = Settings.fraction("beta2", beta2);
        return this;
    }

    public Adam epsilon(float epsilon) {
        this.epsilon = Settings.positive("epsilon", epsilon);
        return this;
    }

    @Override
    protected List<String> stateNames() {
        return List.of("means", "squares");
    }

    @Override
    protected void update(OptimizerOps device, OptimizerOps.Buffers all) {
        device.adam(all, state("means"), state("squares"), beta1, beta2, epsilon, false);
    }
}
