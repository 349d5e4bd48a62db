package dev.tandem.optim;

import dev.tandem.backend.OptimizerOps;
import dev.tandem.nn.Module;
import java.util.List;

/**
 * AdaDelta: {@code s = rho·s + (1−rho)·g²; d = √(u + epsilon) / √(s + epsilon) · g; u = rho·u + (1−rho)·d²; p −= learningRate·d}
 * (Zeiler 2012, https://arxiv.org/abs/1212.5701). Rho is 0.9, epsilon 10⁻⁶; the paper's learning rate is 1.
 */
public final class AdaDelta extends Optimizer {
    private float rho = 0.9f;
    private float epsilon = 1e-6f;

    public AdaDelta(Module network, float learningRate) {
        super(network, learningRate);
    }

    /** The share of the past in both averages. */
    public AdaDelta rho(float rho) {
        this.rho = Settings.fraction("rho", rho);
        return this;
    }

    public AdaDelta epsilon(float epsilon) {
        this.epsilon = Settings.positive("epsilon", epsilon);
        return this;
    }

    @Override
    protected List<String> stateNames() {
        return List.of("squares", "updates");
    }

    @Override
    protected void update(OptimizerOps device, OptimizerOps.Buffers all) {
        device.adaDelta(all, state("squares"), state("updates"), rho, epsilon);
    }
}
