package dev.tandem.nn;

import dev.tandem.backend.UnaryOp;

/** {@code min(max(x, 0), 6)} (Howard et al. 2017, https://arxiv.org/abs/1704.04861). */
public final class ReLU6 extends ActivationLayer {
    public ReLU6() {
        super(UnaryOp.HARD_TANH, 0, 6);
    }
}
