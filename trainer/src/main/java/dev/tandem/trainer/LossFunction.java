package dev.tandem.trainer;

import dev.tandem.tensor.Tensor;

/** What training makes smaller. */
@FunctionalInterface
public interface LossFunction {
    /**
     * @param logits {@code [N, classes]}
     * @param labels int64 {@code [N]}
     * @return the mean loss, a scalar
     */
    Tensor apply(Tensor logits, Tensor labels);
}
