package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Dropout: which elements go follows from seed, offset and row-major position alone, whatever the order in memory. */
class DropoutConformance extends Kit {
    private static final long[][] SHAPES = {{}, {1}, {0}, {1027}, {3, 24}, {2, 17, 3, 5}, {1, 64, 3, 3}, {0, 6, 2, 2}};

    private static Operation dropout(float probability) {
        return (on, in) -> {
            Storage state = on.memory().copy(in[1]);
            Storage result = output(on.neural().dropout(in[0], probability, state));
            state.release();
            return result;
        };
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.1f, 0.5f, 0.9f})
    void forward(float probability) {
        for (long[] shape : SHAPES) {
            checkForward(
                    Tolerance.elementwise(DType.FLOAT32),
                    dropout(probability),
                    new Draw(1).uniform(1, 2, shape),
                    Values.seed(7, 1234));
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.1f, 0.5f, 0.9f})
    void backward(float probability) {
        for (long[] shape : SHAPES) {
            checkGradients(
                    Tolerance.sum(1),
                    dropout(probability),
                    (on, in, gradient) -> {
                        Storage state = on.memory().copy(in[1]);
                        NeuralOps.Result forward = on.neural().dropout(in[0], probability, state);
                        Storage x = on.neural().dropoutBackward(gradient, forward.saved(), probability);
                        release(output(forward));
                        state.release();
                        return new Storage[] {x, null};
                    },
                    new Draw(2).normal(shape),
                    Values.seed(7, 1234));
        }
    }

    @Test
    void theOffsetAdvances() {
        for (long count : new long[] {0, 1, 4, 5, 1027}) {
            try (Held held = new Held()) {
                Storage state = put(held, Values.seed(3, 100));
                held.add(output(device.neural().dropout(put(held, new Draw(3).normal(count)), 0.5f, state)));
                assertThat(download(state)).containsExactly(3, 100 + (count + 3) / 4);
            }
        }
    }

    @Test
    void droppedNaNAndInfinityAreZeros() {
        double[] bad = new double[64];
        java.util.Arrays.fill(bad, 0, 32, Double.NaN);
        java.util.Arrays.fill(bad, 32, 64, Double.POSITIVE_INFINITY);
        checkForward(Tolerance.EXACT, dropout(0.5f), Values.of(dev.tandem.tensor.Shape.of(64), bad), Values.seed(1, 0));
    }
}
