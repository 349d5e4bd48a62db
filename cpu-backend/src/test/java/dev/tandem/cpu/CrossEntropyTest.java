package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cross-entropy against a log-softmax in double precision, on sizes that several threads share. */
class CrossEntropyTest {
    private static final int ROWS = 67;

    @ParameterizedTest
    @CsvSource({"10, 0, 1", "1000, 0, 1", "1000, 0.1, 1", "100, 0.1, 5000", "1, 0, 1"})
    void indicesGiveTheLogarithmOfTheirProbability(int classes, float smoothing, float size) {
        int[] labels = new int[ROWS];
        long[] longLabels = new long[ROWS];
        float[] shares = new float[ROWS * classes];
        for (int row = 0; row < ROWS; row++) {
            labels[row] = row * 31 % classes;
            longLabels[row] = labels[row];
            shares[row * classes + labels[row]] = 1;
        }
        try (TestRuntime test = new TestRuntime(2)) {
            compare(test, test.ints(labels), shares, classes, smoothing, size);
            compare(test, test.longs(longLabels), shares, classes, smoothing, size);
            compare(test, test.floats(Shape.of(ROWS, classes), shares), shares, classes, smoothing, size);
        }
    }

    @ParameterizedTest
    @CsvSource({"10, 0", "300, 0.2"})
    void softTargetsNeedNotSumToOne(int classes, float smoothing) {
        float[] shares = TestRuntime.normal(9, ROWS * classes);
        for (int i = 0; i < shares.length; i++) {
            shares[i] = Math.abs(shares[i]);
        }
        try (TestRuntime test = new TestRuntime(2)) {
            compare(test, test.floats(Shape.of(ROWS, classes), shares), shares, classes, smoothing, 1);
        }
    }

    private static void compare(
            TestRuntime test, CpuStorage target, float[] shares, int classes, float smoothing, float size) {
        float[] x = TestRuntime.normal(1, ROWS * classes);
        for (int i = 0; i < x.length; i++) {
            x[i] *= size;
        }
        float[] gradients = TestRuntime.normal(2, ROWS);
        CrossEntropy crossEntropy = new CrossEntropy(test.runtime);
        Result forward = crossEntropy.forward(test.floats(Shape.of(ROWS, classes), x), target, smoothing);
        Storage back = crossEntropy.backward(test.floats(gradients), forward.saved(), target, smoothing);

        float[] losses = new float[ROWS];
        float[] slopes = new float[x.length];
        double largest = 0;
        for (int row = 0; row < ROWS; row++) {
            double[] logarithms = logSoftmax(x, row * classes, classes);
            double total = 0;
            double loss = 0;
            for (int c = 0; c < classes; c++) {
                double wanted = (1 - smoothing) * shares[row * classes + c] + (double) smoothing / classes;
                total += wanted;
                loss -= wanted * logarithms[c];
            }
            for (int c = 0; c < classes; c++) {
                double wanted = (1 - smoothing) * shares[row * classes + c] + (double) smoothing / classes;
                slopes[row * classes + c] = (float) (gradients[row] * (Math.exp(logarithms[c]) * total - wanted));
            }
            losses[row] = (float) loss;
            largest = Math.max(largest, Math.abs(loss));
        }
        // Computed in double precision; the results and the saved probabilities are float32.
        TestRuntime.assertClose(test.array(forward.output()), losses, 1e-6 * Math.max(1, largest));
        TestRuntime.assertClose(test.array(back), slopes, 1e-6 * Math.max(1, Math.sqrt(classes) * 10));
        test.release(forward.output(), forward.saved(), back);
    }

    private static double[] logSoftmax(float[] x, int start, int classes) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) {
            largest = Math.max(largest, x[start + c]);
        }
        double sum = 0;
        for (int c = 0; c < classes; c++) {
            sum += Math.exp(x[start + c] - largest);
        }
        double[] result = new double[classes];
        for (int c = 0; c < classes; c++) {
            result[c] = x[start + c] - largest - Math.log(sum);
        }
        return result;
    }

    @Test
    void aLabelOutOfRangeGivesNaNInItsRowOnly() {
        try (TestRuntime test = new TestRuntime(1)) {
            CpuStorage logits = test.floats(Shape.of(4, 3), TestRuntime.normal(1, 12));
            for (float smoothing : new float[] {0, 0.1f}) {
                Result result = new CrossEntropy(test.runtime).forward(logits, test.ints(0, 3, -1, 2), smoothing);
                float[] losses = test.array(result.output());
                assertThat(losses[1]).isNaN();
                assertThat(losses[2]).isNaN();
                assertThat(losses[0] + losses[3]).isNotNaN();
                test.release(result.output(), result.saved());
            }
        }
    }

    @Test
    void theNumberOfThreadsDoesNotMatter() {
        float[][] losses = new float[3][];
        for (int threads = 1; threads <= 3; threads++) {
            try (TestRuntime test = new TestRuntime(threads)) {
                CpuStorage logits = test.floats(Shape.of(200, 500), TestRuntime.normal(1, 100_000));
                Result result = new CrossEntropy(test.runtime).forward(logits, test.ints(new int[200]), 0.1f);
                losses[threads - 1] = test.array(result.output());
                test.release(result.output(), result.saved());
            }
        }
        assertThat(Arrays.equals(losses[1], losses[0])).isTrue();
        assertThat(Arrays.equals(losses[2], losses[0])).isTrue();
    }
}
