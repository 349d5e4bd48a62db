package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.tensor.Rng;
import dev.tandem.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InitializersTest extends OnDevice {
    /** 64 · 32 · 9 = 18,432 values; fan-in 288, fan-out 576. */
    private static final Shape WEIGHT = Shape.of(64, 32, 3, 3);

    private float[] draw(Initializer initializer) {
        return initializer.create(WEIGHT, new Rng(device, 7)).toFloatArray();
    }

    private static double deviation(float[] values) {
        double sum = 0;
        double squares = 0;
        for (float value : values) {
            sum += value;
            squares += (double) value * value;
        }
        double mean = sum / values.length;
        return Math.sqrt(squares / values.length - mean * mean);
    }

    private static double largest(float[] values) {
        double result = 0;
        for (float value : values) {
            result = Math.max(result, Math.abs(value));
        }
        return result;
    }

    /** The standard deviation of 18,432 draws is within 3 % of the true one (six of its own deviations). */
    private void assertDeviation(Initializer initializer, double expected) {
        assertThat(deviation(draw(initializer))).isCloseTo(expected, within(0.03 * expected));
    }

    @Test
    void deviationsFollowTheirPapers() {
        assertDeviation(Initializers.heNormal(), Math.sqrt(2.0 / 288));
        assertDeviation(Initializers.heNormal(Initializers.Fan.OUT, Initializers.RELU_GAIN), Math.sqrt(2.0 / 576));
        assertDeviation(Initializers.heUniform(), Math.sqrt(2.0 / 288));
        assertDeviation(Initializers.xavierNormal(), Math.sqrt(2.0 / (288 + 576)));
        assertDeviation(Initializers.xavierUniform(), Math.sqrt(2.0 / (288 + 576)));
        assertDeviation(Initializers.alexNet(), 0.01);
        assertDeviation(Initializers.normal(5, 2), 2);
        // A normal cut at two deviations has 0.8796 of the deviation.
        assertDeviation(Initializers.truncatedNormal(0, 1), 0.8796);
    }

    @Test
    void boundsHold() {
        assertThat(largest(draw(Initializers.fanInUniform()))).isBetween(0.99 / Math.sqrt(288), 1 / Math.sqrt(288));
        assertThat(largest(draw(Initializers.truncatedNormal(0, 0.02f)))).isBetween(0.039, 0.04);
        assertThat(largest(draw(Initializers.xavierUniform(2)))).isLessThanOrEqualTo(2 * Math.sqrt(6.0 / 864) + 1e-7);
    }

    @ParameterizedTest
    @CsvSource({"8, 8", "5, 12", "12, 5", "1, 3"})
    void orthogonalRowsOrColumnsHaveRightAngles(int rows, int columns) {
        float[] w = Initializers.orthogonal(2)
                .create(Shape.of(rows, columns), new Rng(device, 1))
                .toFloatArray();
        boolean tall = rows > columns;
        int vectors = Math.min(rows, columns);
        for (int a = 0; a < vectors; a++) {
            for (int b = 0; b <= a; b++) {
                double dot = 0;
                for (int k = 0; k < Math.max(rows, columns); k++) {
                    dot += (double) w[tall ? k * columns + a : a * columns + k]
                            * w[tall ? k * columns + b : b * columns + k];
                }
                // Of values rounded to float32 from double: 2² on the diagonal, 0 beside it.
                assertThat(dot).isCloseTo(a == b ? 4 : 0, within(1e-5));
            }
        }
    }

    @Test
    void theSameSeedGivesTheSameNetwork() {
        Sequential first = new Sequential(new Conv2d(1, 4, 3), new Linear(4, 2));
        Sequential second = new Sequential(new Conv2d(1, 4, 3), new Linear(4, 2));
        Sequential other = new Sequential(new Conv2d(1, 4, 3), new Linear(4, 2));
        first.initialize(device, 5);
        second.initialize(device, 5);
        other.initialize(device, 6);
        assertThat(first.flatParameters().values().toFloatArray())
                .isEqualTo(second.flatParameters().values().toFloatArray())
                .isNotEqualTo(other.flatParameters().values().toFloatArray());
    }
}
