package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.Shape;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Softmax and its logarithm along every axis. */
class SoftmaxConformance extends Kit {
    private static final long[][] SHAPES = {
        {5},
        {1},
        {4, 10},
        {3, 1},
        {7, 24},
        {2, 1000},
        {501, 11},
        {2, 3, 9},
        {2, 17, 3, 5},
        {1, 24, 4, 4},
        {0, 10},
        {0, 17, 2, 2}
    };

    private static Operation softmax(int axis, boolean logarithm) {
        return (on, in) -> on.neural().softmax(in[0], axis, logarithm);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void forward(boolean logarithm) {
        for (long[] shape : SHAPES) {
            for (int axis = 0; axis < shape.length; axis++) {
                checkForward(Tolerance.sum(4), softmax(axis, logarithm), new Draw(axis).uniform(-4, 4, shape));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void backward(boolean logarithm) {
        for (long[] shape : SHAPES) {
            for (int axis = 0; axis < shape.length; axis++) {
                int along = axis;
                checkGradients(
                        Tolerance.sum(shape[axis]).times(3),
                        softmax(axis, logarithm),
                        (on, in, gradient) -> {
                            Storage output = on.neural().softmax(in[0], along, logarithm);
                            Storage x = on.neural().softmaxBackward(gradient, output, along, logarithm);
                            output.release();
                            return new Storage[] {x};
                        },
                        new Draw(axis).uniform(-3, 3, shape));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void largeValuesDoNotOverflow(boolean logarithm) {
        Values x = Values.of(Shape.of(3, 3), 1000, 999, 0, -1000, -1001, -1000, 88, 89, 90);
        checkForward(Tolerance.sum(1), softmax(1, logarithm), x);
        checkForward(Tolerance.sum(1), softmax(0, logarithm), x);
    }

    @Test
    void minusInfinityHasProbabilityZero() {
        double none = Double.NEGATIVE_INFINITY;
        checkForward(Tolerance.sum(1), softmax(1, false), Values.of(Shape.of(2, 3), 1, none, 2, none, none, 5));
    }

    @Test
    void NaNShows() {
        checkForward(Tolerance.sum(1), softmax(1, false), Values.of(Shape.of(2, 3), 1, Double.NaN, 2, 1, 2, 3));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void NaNShowsInTheGradientOfItsRow(boolean logarithm) {
        Assumptions.assumeFalse(isReference(), "the reference has no backward of softmax");
        try (Held held = new Held()) {
            Storage x = put(held, Values.of(Shape.of(2, 3), 1, Double.NaN, 2, 1, 2, 3));
            Storage gradient = put(held, Values.of(Shape.of(2, 3), 1, 2, 3, 1, 2, 3));
            Storage y = held.add(device.neural().softmax(x, 1, logarithm));
            double[] dx = download(held.add(device.neural().softmaxBackward(gradient, y, 1, logarithm)));
            for (int i = 0; i < dx.length; i++) {
                assertThat(Double.isNaN(dx[i])).as("element %d", i).isEqualTo(i < 3);
            }
        }
    }
}
