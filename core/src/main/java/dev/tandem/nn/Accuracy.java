package dev.tandem.nn;

import dev.tandem.nn.functional.InputShapeException;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;

/** How often the right class is among the first. */
public final class Accuracy {
    private Accuracy() {}

    /**
     * The number of rows whose label is among the {@code k} largest scores, as a float32 scalar on the device, so that nothing
     * waits for it. Of equal scores the lower class comes first; a score of NaN for the label is never right.
     *
     * @param scores {@code [N, C]}
     * @param labels int64 or int32 {@code [N]}
     */
    public static Tensor topK(Tensor scores, Tensor labels, int k) {
        if (scores.rank() != 2 || labels.rank() != 1 || labels.size(0) != scores.size(0)) {
            throw new InputShapeException(
                    "top-" + k + " accuracy",
                    "scores " + scores.shape() + " and labels " + labels.shape() + " must be [N, C] and [N]");
        }
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            Tensor values = scores.cast(DType.FLOAT32);
            Tensor index = Losses.classIndex(labels, scores.size(1));
            Tensor column = labels.unsqueeze(1);
            Tensor zero = Tensor.full(scores.device(), 0, DType.FLOAT32);
            Tensor right =
                    Tensor.where(column.equalTo(index), values, zero).sum(1).unsqueeze(1);
            // Not above the label's score: at most as large, and if equal, not a lower class.
            Tensor behind =
                    Tensor.where(index.less(column), asFloat(values.less(right)), asFloat(values.lessOrEqual(right)));
            Tensor ahead = behind.sum(1).linear(-1, scores.size(1));
            return scope.keep(asFloat(ahead.less(k)).sum());
        }
    }

    private static Tensor asFloat(Tensor flags) {
        return flags.cast(DType.FLOAT32);
    }
}
