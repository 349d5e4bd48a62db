package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Losses against closed forms. */
class LossValuesTest extends OnDevice {
    private static Tensor labels(long... labels) {
        return Tensor.ofLongs(labels, labels.length);
    }

    @Test
    void evenScoresCostTheLogarithmOfTheClasses() {
        assertValues(Losses.crossEntropy(Tensor.zeros(3, 10), labels(0, 5, 9)), Math.log(10));
    }

    @Test
    void crossEntropyOfTwoClassesIsLogistic() {
        Tensor logits = Tensor.of(new float[] {2, -1, 0, 3}, 2, 2);
        double first = Math.log1p(Math.exp(-3));
        double second = Math.log1p(Math.exp(3));
        assertValues(Losses.crossEntropy(logits, labels(0, 0), 0, LossReduction.NONE), first, second);
        assertValues(Losses.crossEntropy(logits, labels(0, 0), 0, LossReduction.SUM), first + second);
        // The smoothed target is (1 − s/2, s/2); the other class costs 3 more, or 3 less.
        assertValues(Losses.crossEntropy(logits, labels(0, 0), 0.2f, LossReduction.NONE), first + 0.3, second - 0.3);
    }

    @Test
    void softTargetsAgreeWithClassIndices() {
        Tensor logits = Tensor.of(new float[] {2, -1, 0, 3, 1, 1}, 2, 3);
        Tensor soft = Tensor.of(new float[] {0, 1, 0, 0, 0, 1}, 2, 3);
        double[] hard = doubles(Losses.crossEntropy(logits, labels(1, 2), 0.1f, LossReduction.NONE));
        assertValues(Losses.crossEntropy(logits, soft, 0.1f, LossReduction.NONE), hard);
    }

    private static double[] doubles(Tensor tensor) {
        float[] values = tensor.toFloatArray();
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = values[i];
        }
        return result;
    }

    @Test
    void hingeAsInTheCs231nNotes() {
        // Scores 13, −7, 11 with label 0: max(0, −7 − 13 + 10) + max(0, 11 − 13 + 10) = 8 with margin 10.
        Tensor scores = Tensor.of(new float[] {13, -7, 11}, 1, 3);
        assertValues(Losses.multiClassHinge(scores, labels(0), 10, LossReduction.MEAN), 8);
        assertValues(Losses.multiClassHinge(Tensor.zeros(2, 4), labels(1, 2)), 3);
    }

    @Test
    void hingeGradientCountsViolations() {
        Tensor scores = Tensor.of(new float[] {0, 0.5f, -2}, 1, 3).requireGradient();
        Losses.multiClassHinge(scores, labels(0)).backward();
        assertValues(scores.gradient(), -1, 1, 0);
    }

    @Test
    void hingeOfALabelOutsideTheClassesIsNoNumber() {
        Tensor rows = Losses.multiClassHinge(Tensor.zeros(3, 4), labels(1, 4, -1), 1, LossReduction.NONE);
        assertThat(rows.toFloatArray()).containsExactly(3, Float.NaN, Float.NaN);
    }

    @Test
    void hingeTakesClassIndicesOnly() {
        assertThatThrownBy(() -> Losses.multiClassHinge(Tensor.zeros(2, 4), Tensor.of(1, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("labels are FLOAT32");
    }

    @Test
    void meanSquaredErrorAveragesAllElements() {
        Tensor prediction = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).requireGradient();
        Tensor loss = Losses.meanSquaredError(prediction, Tensor.zeros(2, 2));
        assertValues(loss, 7.5);
        loss.backward();
        assertValues(prediction.gradient(), 0.5, 1, 1.5, 2);
    }

    @Test
    void topKCountsRowsWhoseLabelIsAmongTheFirst() {
        Tensor scores = Tensor.of(new float[] {1, 3, 2, 9, 8, 7}, 2, 3);
        assertValues(Accuracy.topK(scores, labels(2, 0), 1), 1);
        assertValues(Accuracy.topK(scores, labels(2, 0), 2), 2);
        assertValues(Accuracy.topK(scores, labels(0, 2), 2), 0);
    }

    @Test
    void aNetworkThatKnowsNothingIsNotAlwaysRight() {
        // Of equal scores the first counts, as argmax says.
        assertValues(Accuracy.topK(Tensor.zeros(4, 4), labels(0, 1, 2, 3), 1), 1);
        assertValues(Accuracy.topK(Tensor.full(Float.NaN, 4, 4), labels(0, 1, 2, 3), 1), 0);
    }
}
