package dev.tandem.optim;

import dev.tandem.backend.OptimizerOps;
import dev.tandem.nn.Module;
import java.util.List;

/**
 * {@link Adam} with decoupled weight decay: {@code p −= learningRate · weightDecay · p} before the step, instead of a penalty in
 * the gradient (Loshchilov and Hutter 2017, https://arxiv.org/abs/1711.05101). Betas are 0.9 and 0.999, epsilon 10⁻⁸, weight
 * decay 0.01.
 */
public final class AdamW extends Optimizer {
    private float beta1 = 0.9f;
    private float beta2 = 0.999f;
    private float epsilon = 1e-8f;

    public AdamW(Module network, float learningRate) {
        super(network, learningRate);
        weightDecay(0.01f);
    }

    /** The shares of the past in the averages of gradients and of their squares. */
    public AdamW betas(float beta1, float beta2) {
        this.beta1 = Settings.fraction("beta1", beta1);
        this.beta2 = Settings.fraction("beta2", beta2);
        return this;
    }

    public AdamW epsilon(float epsilon) {
        this.epsilon = Settings.positive("epsilon", epsilon);
        return this;
    }

    @Override
    protected List<String> stateNames() {
        return List.of("means", "squares");
    }

    @Override
    protected void update(OptimizerOps device, OptimizerOps.Buffers all) {
        device.adam(all, state("means"), state("squares"), beta1, beta2, epsilon, true);
    }
}
