package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Softmax cross-entropy with class indices and with probabilities. */
class CrossEntropyConformance extends Kit {
    /** @param target INT32 or INT64 for indices, FLOAT32 for probabilities */
    record Case(int rows, int classes, DType target, float smoothing) {
        Values[] inputs() {
            Draw draw = new Draw(rows * 1000L + classes);
            Values logits = draw.uniform(-4, 4, rows, classes);
            return new Values[] {
                logits, target.isFloating() ? probabilities(draw) : draw.integers(target, 0, classes - 1, rows)
            };
        }

        private Values probabilities(Draw draw) {
            double[] numbers = draw.uniform(0, 1, rows, classes).numbers();
            for (int row = 0; row < rows; row++) {
                double sum = 0;
                for (int c = 0; c < classes; c++) {
                    sum += numbers[row * classes + c];
                }
                for (int c = 0; c < classes; c++) {
                    numbers[row * classes + c] /= sum;
                }
            }
            return Values.of(Shape.of(rows, classes), numbers);
        }
    }

    static List<Case> cases() {
        List<Case> all = new ArrayList<>();
        for (DType target : new DType[] {DType.INT32, DType.INT64, DType.FLOAT32}) {
            for (float smoothing : new float[] {0, 0.1f}) {
                for (int[] shape :
                        new int[][] {{1, 1}, {5, 10}, {3, 2}, {7, 17}, {2, 1000}, {33, 24}, {701, 7}, {0, 10}}) {
                    all.add(new Case(shape[0], shape[1], target, smoothing));
                }
            }
        }
        return all;
    }

    private static Operation loss(float smoothing) {
        return (on, in) -> output(on.neural().crossEntropy(in[0], in[1], smoothing));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward(Case c) {
        checkForward(Tolerance.sum(1).times(2), loss(c.smoothing), c.inputs());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backward(Case c) {
        checkGradients(
                Tolerance.sum(c.classes).times(2),
                loss(c.smoothing),
                (on, in, gradient) -> {
                    NeuralOps.Result forward = on.neural().crossEntropy(in[0], in[1], c.smoothing);
                    Storage logits = on.neural().crossEntropyBackward(gradient, forward.saved(), in[1], c.smoothing);
                    release(output(forward));
                    return new Storage[] {logits, null};
                },
                c.inputs());
    }

    @Test
    void indicesOutsideTheClassesGiveNaN() {
        for (DType dtype : new DType[] {DType.INT32, DType.INT64}) {
            Values target = Values.integers(dtype, Shape.of(5), 0, 3, -1, 2, 1 << 30);
            checkForward(Tolerance.sum(1), loss(0), new Draw(1).normal(5, 3), target);
            checkForward(Tolerance.sum(1), loss(0.1f), new Draw(1).normal(5, 3), target);
        }
    }

    @Test
    void extremeLogitsStayFinite() {
        Values logits = Values.of(Shape.of(4, 3), 1e4, 0, -1e4, 300, 300, 300, -1e4, -1e4, -1e4, 88, -88, 0);
        Values target = Values.integers(DType.INT64, Shape.of(4), 2, 1, 0, 1);
        checkForward(Tolerance.sum(1), loss(0), logits, target);
        checkForward(Tolerance.sum(1), loss(0.2f), logits, target);
    }

    @Test
    void aSureAndRightAnswerCostsAlmostNothing() {
        // log(1 + 2e⁻¹⁵) = 6e-7: taken as the logarithm of a rounded probability, it would be 0 or twice that.
        Values logits = Values.of(Shape.of(1, 3), 15, 0, 0);
        Values target = Values.integers(DType.INT64, Shape.of(1), 0);
        try (Held held = new Held()) {
            Storage loss = held.add(output(device.neural().crossEntropy(put(held, logits), put(held, target), 0)));
            assertThat(download(loss)[0]).isBetween(0.0, 1.5e-6);
        }
    }

    @Test
    void NaNLogitsGiveNaNInTheirRowOnly() {
        Values logits = Values.of(Shape.of(2, 2), 1, Double.NaN, 1, 2);
        checkForward(Tolerance.sum(1), loss(0), logits, Values.integers(DType.INT64, Shape.of(2), 0, 0));
    }
}
