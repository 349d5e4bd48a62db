package dev.tandem.nn;

import dev.tandem.backend.UnaryOp;

/** {@code 1 / (1 + exp(−x))}. */
public final class Sigmoid extends ActivationLayer {
    public Sigmoid() {
        super(UnaryOp.SIGMOID);
    }
}
