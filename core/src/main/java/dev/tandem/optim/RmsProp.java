package dev.tandem.optim;

import dev.tandem.backend.OptimizerOps;
import dev.tandem.nn.Module;
import java.util.List;

/**
 * RMSProp: {@code s = alpha·s + (1−alpha)·g²; v = momentum·v + g / (√s + epsilon); p −= learningRate·v} (Hinton 2012, lecture 6
 * of Neural Networks for Machine Learning). Alpha is 0.99, epsilon 10⁻⁸, momentum 0.
 */
public final class RmsProp extends Optimizer {
    private float alpha = 0.99f;
    private float epsilon = 1e-8f;
    private float momentum;

    public RmsProp(Module network, float learningRate) {
        super(network, learningRate);
    }

    /** The share of the past in the average of squares. */
    public RmsProp alpha(float alpha) {
        this.alpha = Settings.fraction("alpha", alpha);
        return this;
    }

    public RmsProp epsilon(float epsilon) {
        this.epsilon = Settings.positive("epsilon", epsilon);
        return this;
    }

    public RmsProp momentum(float momentum) {
        this.momentum = Settings.fraction("momentum", momentum);
        return this;
    }

    @Override
    protected List<String> stateNames() {
        return momentum == 0 ? List.of("squares") : List.of("squares", "velocity");
    }

    @Override
    protected void update(OptimizerOps device, OptimizerOps.Buffers all) {
        device.rmsProp(all, state("squares"), momentum == 0 ? null : state("velocity"), alpha, epsilon, momentum);
    }
}
