package dev.tandem.nn;

import dev.tandem.nn.functional.Functions;
import dev.tandem.tensor.Tensor;

/** Probabilities from scores: {@code exp(x) / Σ exp(x)} along an axis. */
public final class Softmax extends Module {
    private final int axis;

    /** Along the last axis. */
    public Softmax() {
        this(-1);
    }

    /** @param axis negative: counted from the end */
    public Softmax(int axis) {
        this.axis = axis;
    }

    @Override
    protected Tensor forward(Tensor input) {
        return Functions.softmax(input, axis);
    }

    @Override
    public String toString() {
        return "Softmax(axis " + axis + ")";
    }
}
