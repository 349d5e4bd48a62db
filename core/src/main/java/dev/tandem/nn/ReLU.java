package dev.tandem.nn;

import dev.tandem.backend.UnaryOp;

/** {@code max(x, 0)} (Nair and Hinton 2010). */
public final class ReLU extends ActivationLayer {
    public ReLU() {
        super(UnaryOp.RELU);
    }
}
