package dev.tandem.nn;

import dev.tandem.tensor.Tensor;

/** Joins all axes but the first: {@code [N, C, H, W] → [N, C·H·W]}. */
public final class Flatten extends Module {
    @Override
    protected Tensor forward(Tensor input) {
        return input.flatten(1);
    }
}
