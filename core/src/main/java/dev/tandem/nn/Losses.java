package dev.tandem.nn;

import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.Storage;
import dev.tandem.nn.functional.InputShapeException;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.stream.LongStream;

/** What training makes small. */
public final class Losses {
    private Losses() {}

    /** {@link #crossEntropy(Tensor, Tensor, float, LossReduction)} without smoothing, averaged. */
    public static Tensor crossEntropy(Tensor logits, Tensor target) {
        return crossEntropy(logits, target, 0, LossReduction.MEAN);
    }

    /**
     * Softmax cross-entropy: {@code −Σ target · log softmax(logits)} of each row.
     *
     * @param logits {@code [N, C]}; halves are converted, since the loss is computed in float32
     * @param target class indices of an integer type {@code [N]}, or probabilities of a floating type {@code [N, C]}. An index
     *     outside {@code [0, C)} gives a loss of NaN; {@link #checkLabels} finds it on the host.
     * @param labelSmoothing s in [0, 1]: the target becomes {@code (1 − s) · target + s/C} (Szegedy et al. 2016,
     *     https://arxiv.org/abs/1512.00567)
     */
    public static Tensor crossEntropy(Tensor logits, Tensor target, float labelSmoothing, LossReduction reduction) {
        if (!logits.dtype().isFloating()) {
            throw new InputShapeException(
                    "cross-entropy", "scores are " + logits.dtype() + "; convert them with cast(DType.FLOAT32)");
        }
        boolean soft = target.dtype().isFloating();
        checkScores("cross-entropy", logits);
        checkTarget("cross-entropy", logits, target, soft ? logits.shape() : Shape.of(logits.size(0)));
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
            throw new IllegalArgumentException(
                    "cross-entropy: label smoothing " + labelSmoothing + " must be in [0, 1]");
        }
        boolean computed = logits.device().types(OperationKind.CROSS_ENTROPY).contains(logits.dtype());
        Tensor scores = computed ? logits : logits.cast(DType.FLOAT32);
        Storage targets = seamTarget(target).storage();
        NeuralOps.Result forward = scores.device().neural().crossEntropy(scores.storage(), targets, labelSmoothing);
        Storage[] kept = {forward.saved(), targets};
        Tensor[] inputs = {scores};
        Tensor rows = Autograd.record("cross-entropy", scores.device(), forward.output(), inputs, kept, backward -> {
            Storage gradient = backward.gradient().storage();
            Tensor saved = backward.saved(0);
            backward.give(
                    0,
                    backward.device()
                            .neural()
                            .crossEntropyBackward(
                                    gradient,
                                    saved == null ? null : saved.storage(),
                                    backward.saved(1).storage(),
                                    labelSmoothing));
        });
        if (forward.saved() != null) {
            forward.saved().release();
        }
        return reduction.apply(rows);
    }

    /** A target as the seam takes it: indices int32 or int64, probabilities float32. */
    private static Tensor seamTarget(Tensor target) {
        if (target.dtype().isFloating()) {
            return target.cast(DType.FLOAT32);
        }
        return target.dtype() == DType.UINT8 ? target.cast(DType.INT64) : target;
    }

    /** The mean of squared differences over all elements; shapes must be equal. */
    public static Tensor meanSquaredError(Tensor prediction, Tensor target) {
        return meanSquaredError(prediction, target, LossReduction.MEAN);
    }

    /** Squared differences; {@link LossReduction#NONE} keeps each element. */
    public static Tensor meanSquaredError(Tensor prediction, Tensor target, LossReduction reduction) {
        if (!prediction.shape().equals(target.shape())) {
            throw new InputShapeException(
                    "mean squared error",
                    "prediction " + prediction.shape() + " and target " + target.shape() + " must have one shape");
        }
        return reduction.apply(prediction.subtract(target).square());
    }

    /** {@link #multiClassHinge(Tensor, Tensor, float, LossReduction)} with margin 1, averaged. */
    public static Tensor multiClassHinge(Tensor scores, Tensor labels) {
        return multiClassHinge(scores, labels, 1, LossReduction.MEAN);
    }

    /**
     * The multi-class support vector machine's loss (Weston and Watkins 1999): {@code Σ max(0, s_j − s_y + margin)} over the
     * wrong classes j of each row.
     *
     * @param scores {@code [N, C]}
     * @param labels class indices of an integer type {@code [N]}. An index outside {@code [0, C)} gives a loss of NaN; {@link
     *     #checkLabels} finds it on the host.
     */
    public static Tensor multiClassHinge(Tensor scores, Tensor labels, float margin, LossReduction reduction) {
        checkScores("multi-class hinge", scores);
        checkTarget("multi-class hinge", scores, labels, Shape.of(scores.size(0)));
        if (labels.dtype().isFloating()) {
            throw new InputShapeException(
                    "multi-class hinge", "labels are " + labels.dtype() + "; give class indices of an integer type");
        }
        Tensor right = oneHot(labels, scores.size(1));
        Tensor found = right.sum(1); // 1, and 0 for an index outside, which makes NaN
        Tensor rightScore = scores.multiply(right).sum(1).divide(found).unsqueeze(1);
        Tensor violations = scores.subtract(rightScore).add(margin).relu();
        return reduction.apply(violations.multiply(right.linear(-1, 1)).sum(1));
    }

    /** {@code [N] → [N, classes]}: float32, 1 at each row's label, else 0. */
    static Tensor oneHot(Tensor labels, long classes) {
        return labels.unsqueeze(1).equalTo(classIndex(labels, classes)).cast(DType.FLOAT32);
    }

    /** {@code 0, 1, …, classes − 1}, of the labels' type. */
    static Tensor classIndex(Tensor labels, long classes) {
        long[] index = LongStream.range(0, classes).toArray();
        Tensor all = Tensor.ofLongs(labels.device(), index, classes);
        return labels.dtype() == DType.UINT8 ? all : all.cast(labels.dtype()); // bytes count to 255 only
    }

    /**
     * Refuses a label outside {@code [0, classes)}, naming it: for labels as they come from files, before they go to a device.
     */
    public static void checkLabels(long[] labels, int classes) {
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] >= classes) {
                throw new IllegalArgumentException("label " + labels[i] + " at index " + i
                        + " is outside the network's " + classes + " classes, 0 to " + (classes - 1)
                        + "; set the number of classes to the data's");
            }
        }
    }

    private static void checkScores(String loss, Tensor scores) {
        if (scores.rank() != 2 || scores.size(1) == 0) {
            throw new InputShapeException(loss, "scores " + scores.shape() + " must be [N, C] with at least 1 class");
        }
    }

    private static void checkTarget(String loss, Tensor scores, Tensor target, Shape expected) {
        if (!target.shape().equals(expected)) {
            throw new InputShapeException(
                    loss,
                    "target " + target.dtype() + target.shape() + " must be " + expected + " for scores "
                            + scores.shape());
        }
        if (target.device() != scores.device()) {
            throw new IllegalArgumentException(
                    loss + ": " + Device.apart("the scores tensor", scores.device(), "the target", target.device()));
        }
    }
}
