package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import org.junit.jupiter.api.Test;

/** Values worked out by hand, or with NumPy from the formulas. */
class ReferenceNeuralTest {
    private final ReferenceBackend backend = new ReferenceBackend();

    private Storage of(Shape shape, double... values) {
        return backend.storage(shape, values);
    }

    private static Shape shape(long... sizes) {
        return Shape.of(sizes);
    }

    private static void assertValues(Storage storage, Shape shape, double... expected) {
        assertThat(storage.shape()).isEqualTo(shape);
        assertThat(((ReferenceStorage) storage).toDoubles()).containsExactly(expected, within(1e-12));
    }

    private Storage classes(long... indices) {
        ReferenceStorage result = (ReferenceStorage) backend.memory().allocate(shape(indices.length), DType.INT64);
        for (int i = 0; i < indices.length; i++) {
            result.setInteger(i, indices[i]);
        }
        return result;
    }

    @Test
    void convolutionWithPaddingOnOneSide() {
        Storage x = of(shape(1, 1, 2, 3), 1, 2, 3, 4, 5, 6);
        Storage weight = of(shape(1, 1, 2, 2), 1, 10, 100, 1000);
        Window window = new Window(2, 2, 1, 1, 1, 0, 0, 1, 1, 1);
        Storage y = backend.neural().convolution(x, weight, of(shape(1), 0.5), window, 1, null);
        assertValues(y, shape(1, 1, 2, 3), 2100.5, 3200.5, 300.5, 5421.5, 6532.5, 603.5);
    }

    @Test
    void convolutionWithStrideDilationAndGroups() {
        Storage x = of(shape(1, 2, 3, 3), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90);
        Storage weight = of(shape(4, 1, 2, 2), 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, -1, 0, 0, 1);
        Window dilated = new Window(2, 2, 1, 1, 0, 0, 0, 0, 2, 2);
        assertValues(
                backend.neural().convolution(x, weight, null, dilated, 2, null), shape(1, 4, 1, 1), 10, 10, 200, 80);
        Window strided = new Window(2, 2, 2, 2, 1, 0, 1, 0, 1, 1);
        assertValues(
                backend.neural().convolution(x, weight, null, strided, 2, Activation.RELU),
                shape(1, 4, 2, 2),
                1,
                3,
                7,
                14,
                0,
                2,
                4,
                14,
                10,
                50,
                110,
                280,
                10,
                30,
                70,
                40);
    }

    @Test
    void poolingOfEveryKind() {
        Storage x = of(shape(1, 1, 3, 3), 1, 2, 3, 6, 5, 4, 7, 9, 8);
        Window window = Window.square(2, 2, 1);
        assertValues(pool(PoolKind.MAX, x, window), shape(1, 1, 2, 2), 1, 3, 7, 9);
        assertValues(pool(PoolKind.AVERAGE, x, window), shape(1, 1, 2, 2), 1, 2.5, 6.5, 6.5);
        assertValues(pool(PoolKind.AVERAGE_WITH_PADDING, x, window), shape(1, 1, 2, 2), 0.25, 1.25, 3.25, 6.5);
        assertValues(pool(PoolKind.MEDIAN, x, window), shape(1, 1, 2, 2), 1, 2, 6, 5);
    }

    private Storage pool(PoolKind kind, Storage x, Window window) {
        return backend.neural().pool(kind, x, window, false).output();
    }

    @Test
    void maxPoolingKeepsNaN() {
        Storage x = of(shape(1, 1, 1, 4), 1, Double.NaN, 2, 3);
        Window window = new Window(1, 2, 1, 2, 0, 0, 0, 0, 1, 1);
        assertValues(pool(PoolKind.MAX, x, window), shape(1, 1, 1, 2), Double.NaN, 3);
    }

    @Test
    void batchNormOfTwoChannels() {
        Storage x = of(shape(2, 2, 1, 2), 1, 3, 10, 10, 5, 7, 10, 30);
        Storage runningMean = of(shape(2), 100, 0);
        Storage runningVariance = of(shape(2), 1, 1);
        Normalized y = backend.neural()
                .batchNorm(
                        x, null, of(shape(2), 2, 1), of(shape(2), 0, 1), runningMean, runningVariance, 0.5f, 4, null);
        assertValues(y.mean(), shape(2), 4, 15);
        assertValues(y.variance(), shape(2), 5, 75);
        double root = Math.sqrt(79);
        assertValues(
                y.output(),
                shape(2, 2, 1, 2),
                -2,
                -2.0 / 3,
                1 - 5 / root,
                1 - 5 / root,
                2.0 / 3,
                2,
                1 - 5 / root,
                1 + 15 / root);
        assertValues(runningMean, shape(2), 52, 7.5);
        assertValues(runningVariance, shape(2), 0.5 + 10.0 / 3, 50.5);
    }

    @Test
    void batchNormAddsTheResidualBeforeTheActivation() {
        Storage one = of(shape(1), 1);
        Storage y = backend.neural()
                .batchNormInference(
                        of(shape(1, 1, 1, 3), 1, 2, 3),
                        of(shape(1, 1, 1, 3), -5, 0, 5),
                        of(shape(1), 4),
                        one,
                        of(shape(1), 2),
                        of(shape(1), 3),
                        1,
                        Activation.RELU);
        assertValues(y, shape(1, 1, 1, 3), 0, 1, 8);
    }

    @Test
    void layerNormOfARow() {
        Normalized y = backend.neural()
                .layerNorm(of(shape(1, 3), 1, 2, 4), of(shape(3), 1, 2, 3), of(shape(3), 0, 1, -1), 0.5f);
        double root = Math.sqrt(14.0 / 9 + 0.5);
        assertValues(y.output(), shape(1, 3), -4 / 3.0 / root, 1 - 2 / 3.0 / root, -1 + 5 / root);
    }

    @Test
    void localResponseNormOfOddAndEvenSize() {
        Storage x = of(shape(1, 4, 1, 1), 1, 2, 3, 4);
        double[] three = {0.5029733718731741, 0.7987682757159082, 0.9109073255437746, 1.2946447245528625};
        double[] two = {0.5632110346230359, 0.9365489370550525, 1.070713880967326, 1.07723165728086};
        assertThat(localResponseNorm(x, 3)).containsExactly(three, within(1e-7)); // 0.3f is not 0.3
        assertThat(localResponseNorm(x, 2)).containsExactly(two, within(1e-7));
    }

    private double[] localResponseNorm(Storage x, int size) {
        Storage y = backend.neural()
                .localResponseNorm(x, size, 0.3f, 0.75f, 2, false)
                .output();
        return ((ReferenceStorage) y).toDoubles();
    }

    @Test
    void softmaxAlongEachAxis() {
        Storage x = of(shape(2, 2), 0, Math.log(3), Math.log(4), Math.log(2));
        assertValues(backend.neural().softmax(x, 1, false), shape(2, 2), 0.25, 0.75, 2 / 3.0, 1 / 3.0);
        assertValues(backend.neural().softmax(x, 0, false), shape(2, 2), 0.2, 0.6, 0.8, 0.4);
        assertValues(
                backend.neural().softmax(x, 1, true),
                shape(2, 2),
                Math.log(0.25),
                Math.log(0.75),
                Math.log(2 / 3.0),
                Math.log(1 / 3.0));
    }

    @Test
    void softmaxOfLargeValuesStaysFinite() {
        Storage x = of(shape(1, 2), 1000, 1000);
        assertValues(backend.neural().softmax(x, 1, false), shape(1, 2), 0.5, 0.5);
    }

    @Test
    void crossEntropyOfIndicesAndProbabilities() {
        Storage logits = of(shape(2, 3), 1, 2, 3, 1, 2, 3);
        assertValues(
                backend.neural().crossEntropy(logits, classes(0, 2), 0).output(),
                shape(2),
                2.4076059644443804,
                0.4076059644443804);
        assertValues(
                backend.neural().crossEntropy(logits, classes(0, 3), 0.25f).output(),
                shape(2),
                0.75 * 2.4076059644443804 + 0.25 * 1.4076059644443804,
                Double.NaN);
        Storage soft = of(shape(2, 3), 0.5, 0.5, 0, 0, 0, 1);
        assertValues(
                backend.neural().crossEntropy(logits, soft, 0).output(),
                shape(2),
                1.9076059644443804,
                0.4076059644443804);
    }

    @Test
    void attentionOfThreeKeys() {
        Storage query = of(shape(1, 1, 2, 2), 1, 0, 0, 2);
        Storage key = of(shape(1, 1, 3, 2), 1, 1, 0, 1, 2, 0);
        Storage value = of(shape(1, 1, 3, 1), 1, 2, 3);
        Storage y = backend.neural().attention(query, key, value, 0.5f, false).output();
        double half = Math.exp(0.5);
        double whole = Math.exp(1);
        assertValues(
                y,
                shape(1, 1, 2, 1),
                (half + 2 + 3 * whole) / (half + 1 + whole),
                (whole + 2 * whole + 3) / (2 * whole + 1));
    }

    @Test
    void dropoutKeepsWhereTheUniformNumberReachesTheProbability() {
        Storage state = classes(0, 0);
        // Philox gives 0.399, 0.881, 0.736, 0.605 for seed 0.
        Storage y = backend.neural()
                .dropout(of(shape(4), 1, 2, 3, 4), 0.625f, state)
                .output();
        assertValues(y, shape(4), 0, 2 / 0.375, 8, 0);
        assertThat(((ReferenceStorage) state).integer(1)).isEqualTo(1);
    }
}
