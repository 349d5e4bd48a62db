package dev.tandem.nn;

import dev.tandem.backend.UnaryOp;

/** {@code x · min(max(x/6 + 1/2, 0), 1)} (Howard et al. 2019, https://arxiv.org/abs/1905.02244). */
public final class HardSwish extends ActivationLayer {
    public HardSwish() {
        super(UnaryOp.HARD_SWISH);
    }
}
