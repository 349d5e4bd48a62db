package dev.tandem.nn;

import dev.tandem.tensor.Tensor;

/** How the losses of a batch's examples become one. */
public enum LossReduction {
    /** Their mean: the learning rate need not change with the batch size. */
    MEAN,
    SUM,
    /** One loss an example stays. */
    NONE;

    Tensor apply(Tensor losses) {
        return switch (this) {
            case MEAN -> losses.mean();
            case SUM -> losses.sum();
            case NONE -> losses;
        };
    }
}
