package dev.tandem.nn;

import dev.tandem.backend.UnaryOp;

/** {@code x · sigmoid(x)}, also called swish (Ramachandran et al. 2017, https://arxiv.org/abs/1710.05941). */
public final class SiLU extends ActivationLayer {
    public SiLU() {
        super(UnaryOp.SILU);
    }
}
