package dev.tandem.nn;

import dev.tandem.backend.UnaryOp;

/** {@code x} for x > 0, else {@code alpha · (exp(x) − 1)} (Clevert et al. 2015, https://arxiv.org/abs/1511.07289). */
public final class ELU extends ActivationLayer {
    private final float alpha;

    /** Alpha 1. */
    public ELU() {
        this(1);
    }

    public ELU(float alpha) {
        super(UnaryOp.ELU, alpha, 0);
        this.alpha = alpha;
    }

    @Override
    public String toString() {
        return "ELU(" + alpha + ")";
    }
}
