package dev.tandem.optim;

import dev.tandem.backend.OptimizerOps;
import dev.tandem.nn.Module;
import java.util.List;

/**
 * Layer-wise adaptive rates for large batches: {@code rate = learningRate · trust · ‖p‖ / (‖g‖ + weightDecay·‖p‖ + epsilon)} for
 * each parameter by itself, then {@code v = momentum·v + rate·(g + weightDecay·p); p −= v} (You et al. 2017,
 * https://arxiv.org/abs/1708.03888). Parameters without weight decay take the plain learning rate. Momentum is 0.9, trust
 * 0.001, epsilon 10⁻⁸.
 */
public final class Lars extends Optimizer {
    private float momentum = 0.9f;
    private float trust = 0.001f;
    private float epsilon = 1e-8f;

    public Lars(Module network, float learningRate) {
        super(network, learningRate);
    }

    public Lars momentum(float momentum) {
        this.momentum = Settings.fraction("momentum", momentum);
        return this;
    }

    /** How far a layer may move in a step, relative to its norm. */
    public Lars trust(float trust) {
        this.trust = Settings.positive("trust", trust);
        return this;
    }

    public Lars epsilon(float epsilon) {
        this.epsilon = Settings.positive("epsilon", epsilon);
        return this;
    }

    @Override
    protected boolean mergesParameters() {
        return false;
    }

    @Override
    protected List<String> stateNames() {
        return List.of("velocity");
    }

    @Override
    protected void update(OptimizerOps device, OptimizerOps.Buffers all) {
        device.lars(all, state("velocity"), momentum, trust, epsilon);
    }
}
