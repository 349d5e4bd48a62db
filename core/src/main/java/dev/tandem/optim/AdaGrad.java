package dev.tandem.optim;

import dev.tandem.backend.OptimizerOps;
import dev.tandem.nn.Module;
import java.util.List;

/**
 * AdaGrad: {@code s += g²; p −= learningRate · g / (√s + epsilon)} (Duchi et al. 2011,
 * https://jmlr.org/papers/v12/duchi11a.html). Epsilon is 10⁻¹⁰.
 */
public final class AdaGrad extends Optimizer {
    private float epsilon = 1e-10f;

    public AdaGrad(Module network, float learningRate) {
        super(network, learningRate);
    }

    public AdaGrad epsilon(float epsilon) {
        this.epsilon = Settings.positive("epsilon", epsilon);
        return this;
    }

    @Override
    protected List<String> stateNames() {
        return List.of("squares");
    }

    @Override
    protected void update(OptimizerOps device, OptimizerOps.Buffers all) {
        device.adaGrad(all, state("squares"), epsilon);
    }
}
