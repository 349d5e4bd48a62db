package dev.tandem.optim;

import dev.tandem.backend.OptimizerOps;
import dev.tandem.nn.Module;
import java.util.List;

/**
 * Stochastic gradient descent: {@code v = momentum · v + g; p −= learningRate · v}, with Nesterov's variant {@code p −=
 * learningRate · (g + momentum · v)} (Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html). Momentum is 0
 * unless set.
 */
public final class Sgd extends Optimizer {
    private float momentum;
    private boolean nesterov;

    public Sgd(Module network, float learningRate) {
        super(network, learningRate);
    }

    /** @param momentum in [0, 1); AlexNet's is 0.9 */
    public Sgd momentum(float momentum) {
        this.momentum = Settings.fraction("momentum", momentum);
        return this;
    }

    /** Looks ahead along the velocity; needs momentum. */
    public Sgd nesterov() {
        nesterov = true;
        return this;
    }

    @Override
    protected List<String> stateNames() {
        return momentum == 0 ? List.of() : List.of("velocity");
    }

    @Override
    protected void update(OptimizerOps device, OptimizerOps.Buffers all) {
        device.sgd(all, momentum == 0 ? null : state("velocity"), momentum, nesterov);
    }
}
