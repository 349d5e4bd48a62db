package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Shapes and refusals; numbers are tested where there is a real device. */
class LossesTest extends OnMeta {
    @Test
    void lossesOfABatchAreReducedToOneOrKept() {
        Tensor scores = Tensor.zeros(4, 10).requireGradient();
        Tensor labels = Tensor.ofLongs(new long[] {1, 2, 3, 4}, 4);
        assertThat(Losses.crossEntropy(scores, labels).shape()).isEqualTo(Shape.of());
        assertThat(Losses.crossEntropy(scores, Tensor.zeros(4, 10)).shape()).isEqualTo(Shape.of());
        assertThat(Losses.crossEntropy(scores, labels, 0.1f, LossReduction.NONE).shape())
                .isEqualTo(Shape.of(4));
        assertThat(Losses.multiClassHinge(scores, labels, 1, LossReduction.NONE).shape())
                .isEqualTo(Shape.of(4));
        assertThat(Losses.meanSquaredError(scores, Tensor.zeros(4, 10)).shape()).isEqualTo(Shape.of());
        assertThat(Accuracy.topK(scores, labels, 5).shape()).isEqualTo(Shape.of());
        Losses.multiClassHinge(scores, labels).backward();
        assertThat(scores.gradient().shape()).isEqualTo(scores.shape());
    }

    @Test
    void labelsOutsideTheClassesAreNamed() {
        assertThatThrownBy(() -> Losses.checkLabels(new long[] {3, 10, 2}, 10))
                .hasMessageContaining("label 10 at index 1")
                .hasMessageContaining("10 classes, 0 to 9");
    }

    @Test
    void targetsOfAnotherShapeAreRefused() {
        Tensor scores = Tensor.zeros(4, 10);
        assertThatThrownBy(() -> Losses.crossEntropy(scores, Tensor.ofLongs(new long[3], 3)))
                .hasMessageContaining("[3] must be [4] for scores [4, 10]");
        assertThatThrownBy(() -> Losses.crossEntropy(scores, Tensor.zeros(4, 9)))
                .hasMessageContaining("[4, 10]");
        assertThatThrownBy(() -> Losses.crossEntropy(Tensor.zeros(10), Tensor.zeros(10)))
                .hasMessageContaining("[N, C]");
    }
}
