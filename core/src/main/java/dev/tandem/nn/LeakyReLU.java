package dev.tandem.nn;

import dev.tandem.backend.UnaryOp;

/** {@code x} for x > 0, else {@code slope · x} (Maas et al. 2013). */
public final class LeakyReLU extends ActivationLayer {
    private final float slope;

    /** Slope 0.01. */
    public LeakyReLU() {
        this(0.01f);
    }

    public LeakyReLU(float slope) {
        super(UnaryOp.LEAKY_RELU, slope, 0);
        this.slope = slope;
    }

    @Override
    public String toString() {
        return "LeakyReLU(" + slope + ")";
    }
}
