package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tandem.backend.Activation;
import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Convolutions that {@link Convolution} gives to {@link Winograd}, against double-precision loops and the direct algorithm. */
class WinogradTest {
    private static final Window THREE = Window.square(3, 1, 1);

    private final CpuRuntime runtime = TestStorages.runtime();
    private final Convolution winograd = new Convolution(runtime);
    private final Convolution direct = new Convolution(runtime, false, false);

    @BeforeEach
    void needsAFastWinograd() {
        assumeTrue(Winograd.isFast(runtime), "no Vector API, or a processor without oneDNN's small matrix products");
    }

    @AfterEach
    void close() {
        runtime.close();
    }

    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of("even image", Shape.of(3, 64, 16, 16), 64, THREE),
                Arguments.of("odd image", Shape.of(2, 64, 17, 19), 64, THREE),
                Arguments.of("no padding", Shape.of(2, 64, 18, 19), 64, Window.square(3, 1, 0)),
                Arguments.of("padding 2", Shape.of(2, 64, 15, 16), 64, Window.square(3, 1, 2)),
                Arguments.of("asymmetric padding", Shape.of(2, 64, 16, 17), 64, THREE.withPadding(0, 1, 2, 0)),
                Arguments.of("one image, a wider output", Shape.of(1, 64, 25, 23), 112, THREE),
                Arguments.of("one image, a narrower output", Shape.of(1, 128, 25, 23), 80, THREE),
                Arguments.of("images of three pixels", Shape.of(40, 64, 3, 3), 64, THREE),
                Arguments.of("a row", Shape.of(2, 64, 1, 130), 64, THREE),
                Arguments.of("more channels than sums are kept for at once", Shape.of(2, 192, 16, 16), 192, THREE),
                Arguments.of("several blocks a thread", Shape.of(8, 64, 33, 32), 64, THREE));
    }

    /**
     * Largest errors in comparison. Outputs and input gradients were measured better than direct ones on a processor with AVX-512;
     * weight gradients up to 2.3 times worse, as oneDNN adds those up in shorter blocks.
     */
    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void roundsLikeTheDirectAlgorithm(String name, Shape x, int outputs, Window window) {
        Random random = new Random(7);
        Shape w = Shape.of(outputs, x.size(1), 3, 3);
        Shape y = Shape.of(x.size(0), outputs, window.outputHeight(x.size(2)), window.outputWidth(x.size(3)));
        float[] xs = TestStorages.random(random, x);
        float[] ws = TestStorages.random(random, w);
        float[] bs = TestStorages.random(random, Shape.of(outputs));
        float[] gs = TestStorages.random(random, y);
        var expected = new ConvolutionTest.Naive(x, w, y, window, 1, xs, ws, bs, gs);
        double[] relu =
                Arrays.stream(expected.output).map(value -> Math.max(0, value)).toArray();
        double[] tanh = Arrays.stream(expected.output).map(Math::tanh).toArray();
        double[][] errors = new double[2][];
        for (Convolution convolution : new Convolution[] {winograd, direct}) {
            Storage image = TestStorages.of(runtime, Order.CHANNELS_LAST, x, xs);
            Storage weight = TestStorages.of(runtime, Order.PLAIN, w, ws);
            Storage bias = TestStorages.of(runtime, Order.PLAIN, Shape.of(outputs), bs);
            Storage gradient = TestStorages.of(runtime, Order.PLAIN, y, gs);
            Storage weightGradient = TestStorages.target(runtime, w);
            Storage biasGradient = TestStorages.target(runtime, Shape.of(outputs));
            convolution.backwardWeight(image, gradient, window, 1, weightGradient, biasGradient);
            errors[convolution == winograd ? 0 : 1] = new double[] {
                error(convolution.forward(image, weight, bias, window, 1, null), expected.output),
                error(convolution.forward(image, weight, bias, window, 1, Activation.RELU), relu),
                error(convolution.forward(image, weight, bias, window, 1, new Activation(UnaryOp.TANH, 0, 0)), tanh),
                error(convolution.backwardInput(gradient, weight, x, window, 1), expected.imageGradient),
                error(weightGradient, expected.weightGradient),
                error(biasGradient, expected.biasGradient)
            };
            for (Storage storage : new Storage[] {image, weight, bias, gradient}) {
                storage.release();
            }
        }
        for (int i = 0; i < errors[0].length; i++) {
            double limit = (i == 4 ? 3 : 2) * errors[1][i];
            assertThat(errors[0][i]).as(name + ", result " + i).isLessThanOrEqualTo(limit);
        }
        assertThat(runtime.allocator().stats().liveBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4})
    void otherNumbersOfThreadsGiveTheSame(int threads) {
        Random random = new Random(5);
        Shape x = Shape.of(2, 192, 17, 16);
        Shape w = Shape.of(256, 192, 3, 3);
        Shape y = Shape.of(2, 256, 17, 16);
        float[] xs = TestStorages.random(random, x);
        float[] ws = TestStorages.random(random, w);
        float[] gs = TestStorages.random(random, y);
        float[][] expected = results(runtime, direct, x, w, y, xs, ws, gs);
        try (CpuRuntime other = new CpuRuntime(DeviceOptions.DEFAULT, threads, 1L << 31)) {
            float[][] actual = results(other, new Convolution(other), x, w, y, xs, ws, gs);
            for (int i = 0; i < expected.length; i++) {
                // Sums of some hundred products of numbers around 1, like the other tests'.
                TestRuntime.assertClose(actual[i], expected[i], 5e-4);
            }
        }
    }

    private static float[][] results(
            CpuRuntime runtime,
            Convolution convolution,
            Shape x,
            Shape w,
            Shape y,
            float[] xs,
            float[] ws,
            float[] gs) {
        Storage image = TestStorages.of(runtime, Order.CHANNELS_LAST, x, xs);
        Storage weight = TestStorages.of(runtime, Order.PLAIN, w, ws);
        Storage gradient = TestStorages.of(runtime, Order.CHANNELS_LAST, y, gs);
        Storage weightGradient = TestStorages.target(runtime, w);
        convolution.backwardWeight(image, gradient, THREE, 1, weightGradient, null);
        return new float[][] {
            TestStorages.values(runtime, convolution.forward(image, weight, null, THREE, 1, null)),
            TestStorages.values(runtime, convolution.backwardInput(gradient, weight, x, THREE, 1)),
            TestStorages.values(runtime, weightGradient)
        };
    }

    /** The largest error, in units of the results' root mean square. Releases them. */
    private double error(Storage actual, double[] expected) {
        float[] values = TestStorages.values(runtime, actual);
        actual.release();
        double most = 0;
        double squares = 0;
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(values[i] - expected[i]);
            most = error <= most ? most : error; // NaN is kept
            squares += expected[i] * expected[i];
        }
        return most / Math.sqrt(squares / expected.length);
    }

    @Test
    void isTakenWhereItPays() {
        Shape x = Shape.of(2, 64, 32, 32);
        Shape weight = Shape.of(128, 64, 3, 3);
        for (Convolution.Kind kind : Convolution.Kind.values()) {
            assertThat(takes(kind, x, weight, THREE, 1)).isTrue();
            assertThat(takes(kind, x, weight, THREE.withStride(2, 2), 1)).isFalse();
            assertThat(takes(kind, x, weight, THREE.withStride(1, 2), 1)).isFalse();
            assertThat(takes(kind, x, weight, THREE.withDilation(2, 2), 1)).isFalse();
            assertThat(takes(kind, x, Shape.of(128, 32, 3, 3), THREE, 2)).isFalse();
            assertThat(takes(kind, x, Shape.of(128, 64, 5, 5), Window.square(5, 1, 2), 1))
                    .isFalse();
            assertThat(takes(kind, x, Shape.of(130, 64, 3, 3), THREE, 1))
                    .as("130 channels")
                    .isFalse();
            assertThat(takes(kind, x, Shape.of(32, 64, 3, 3), THREE, 1))
                    .as("few channels")
                    .isFalse();
            assertThat(takes(kind, Shape.of(1, 64, 8, 8), weight, THREE, 1))
                    .as("few tiles")
                    .isFalse();
        }
    }

    private boolean takes(Convolution.Kind kind, Shape x, Shape weight, Window window, int groups) {
        return winograd.takesWinograd(new Convolution.Key(kind, x, weight, window, groups, false, null));
    }

    @Test
    void repeatsBitForBit() {
        Random random = new Random(3);
        Shape x = Shape.of(8, 64, 32, 32);
        Shape w = Shape.of(64, 64, 3, 3);
        float[] xs = TestStorages.random(random, x);
        float[] ws = TestStorages.random(random, w);
        float[] gs = TestStorages.random(random, x);
        float[][] first = null;
        for (int i = 0; i < 20; i++) {
            float[][] now = results(runtime, winograd, x, w, x, xs, ws, gs);
            first = first == null ? now : first;
            assertThat(now).isDeepEqualTo(first);
        }
    }

    @Test
    void nanReachesThePixelsWhoseWindowHoldsItThroughReluToo() {
        float[] ys = convolvedWith(Float.NaN, Activation.RELU);
        for (int i = 0; i < ys.length; i++) {
            assertThat(Float.isNaN(ys[i])).as("element " + i).isEqualTo(seesTheSpecialPixel(i));
        }
    }

    @Test
    void anInfinityLeavesNoFiniteNumberWhereItIsSeenAndOnlyThere() {
        float[] ys = convolvedWith(Float.POSITIVE_INFINITY, null);
        for (int i = 0; i < ys.length; i++) {
            assertThat(Float.isFinite(ys[i])).as("element " + i).isEqualTo(!seesTheSpecialPixel(i));
        }
    }

    /** With a special number in image 0, channel 0, row 5, column 6. */
    private float[] convolvedWith(float special, Activation activation) {
        Shape x = Shape.of(2, 64, 16, 16);
        Shape w = Shape.of(64, 64, 3, 3);
        Random random = new Random(3);
        float[] xs = TestStorages.random(random, x);
        xs[5 * 16 + 6] = special;
        Storage image = TestStorages.of(runtime, Order.CHANNELS_LAST, x, xs);
        Storage weight = TestStorages.of(runtime, Order.PLAIN, w, TestStorages.random(random, w));
        return TestStorages.values(runtime, winograd.forward(image, weight, null, THREE, 1, activation));
    }

    private static boolean seesTheSpecialPixel(int element) {
        int row = element / 16 % 16;
        int column = element % 16;
        return element < 64 * 16 * 16 && Math.abs(row - 5) <= 1 && Math.abs(column - 6) <= 1;
    }
}
