package dev.tandem.nn;

import dev.tandem.backend.UnaryOp;

/** The hyperbolic tangent. */
public final class Tanh extends ActivationLayer {
    public Tanh() {
        super(UnaryOp.TANH);
    }
}
