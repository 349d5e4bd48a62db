package dev.tandem.trainer;

import dev.tandem.nn.LossReduction;
import dev.tandem.nn.Losses;
import dev.tandem.tensor.Tensor;

/** What training makes smaller, and what is measured on validation data. */
@FunctionalInterface
public interface LossFunction {
    /**
     * @param logits {@code [N, classes]}
     * @param labels int64 {@code [N]}
     * @return the mean loss, a scalar
     */
    Tensor apply(Tensor logits, Tensor labels);

    /** What metrics and messages call it. */
    default String name() {
        return "own";
    }

    static LossFunction crossEntropy() {
        return named("cross-entropy", Losses::crossEntropy);
    }

    /** @param labelSmoothing of {@link Losses#crossEntropy(Tensor, Tensor, float, LossReduction)}; validation has it too */
    static LossFunction crossEntropy(float labelSmoothing) {
        return labelSmoothing == 0
                ? crossEntropy()
                : named(
                        "cross-entropy, label smoothing " + labelSmoothing,
                        (logits, labels) -> Losses.crossEntropy(logits, labels, labelSmoothing, LossReduction.MEAN));
    }

    /** {@code named("hinge", Losses::multiClassHinge)}. */
    static LossFunction named(String name, LossFunction loss) {
        return new LossFunction() {
            @Override
            public Tensor apply(Tensor logits, Tensor labels) {
                return loss.apply(logits, labels);
            }

            @Override
            public String name() {
                return name;
            }
        };
    }
}
