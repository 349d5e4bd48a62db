package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tandem.backend.Activation;
import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.Storage;
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

/** Convolutions that {@link Convolution} gives to {@link PlanarConvolution}, against double-precision loops. */
class PlanarConvolutionTest {
    private final CpuRuntime runtime = TestStorages.runtime();
    private final Convolution convolution = new Convolution(runtime);

    @BeforeEach
    void needsVectors() {
        assumeTrue(Kernels.areVectors(), "the Vector API is not there");
    }

    @AfterEach
    void close() {
        runtime.close();
    }

    /** Output widths that fill vectors of 8 and of 16. */
    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of("LeNet's first", Shape.of(5, 1, 28, 28), 6, Window.square(5, 1, 2)),
                Arguments.of("LeNet's first, for colours", Shape.of(3, 3, 32, 32), 6, Window.square(5, 1, 0)),
                Arguments.of("one image", Shape.of(1, 2, 9, 30), 4, Window.square(3, 1, 1)),
                Arguments.of("an odd number of vectors", Shape.of(2, 1, 7, 16), 5, Window.square(3, 1, 1)),
                Arguments.of(
                        "an even number of taps, uneven padding",
                        Shape.of(3, 3, 6, 29),
                        5,
                        new Window(3, 4, 1, 1, 2, 0, 0, 2, 1, 1)),
                Arguments.of("a window higher than the image", Shape.of(2, 2, 2, 32), 6, Window.square(5, 1, 2)),
                Arguments.of(
                        "images narrower than a vector",
                        Shape.of(2, 1, 3, 6),
                        5,
                        new Window(1, 11, 1, 1, 0, 0, 10, 10, 1, 1)),
                Arguments.of("a row", Shape.of(2, 1, 1, 64), 4, new Window(1, 9, 1, 1, 0, 0, 4, 4, 1, 1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void agreesWithNestedLoops(String name, Shape x, int outputs, Window window) {
        Case c = new Case(x, outputs, window);
        assertThat(convolution.takesPlanar(c.key(Convolution.Kind.FORWARD))).isTrue();
        assertThat(convolution.takesPlanar(c.key(Convolution.Kind.BACKWARD_WEIGHT)))
                .isTrue();
        c.check();
        assertThat(runtime.allocator().stats().liveBytes()).isZero();
    }

    /** What is not finite must not come into other pixels by lanes beyond a row's end. */
    @Test
    void whatIsNotFiniteStaysWithinItsWindows() {
        Case c = new Case(Shape.of(2, 1, 28, 28), 6, Window.square(5, 1, 2));
        for (int row = 0; row < 28; row += 9) {
            c.xs[row * 28] = Float.NaN;
            c.xs[row * 28 + 14] = Float.POSITIVE_INFINITY;
        }
        Storage image = TestStorages.of(runtime, Order.CHANNELS_LAST, c.x, c.xs);
        Storage weight = TestStorages.of(runtime, Order.PLAIN, c.w, c.ws);
        Storage output = convolution.forward(image, weight, null, c.window, 1, null);
        float[] values = TestStorages.values(runtime, output);
        for (int at = 0; at < values.length; at++) {
            int image0 = at / (6 * 28 * 28);
            int row = at / 28 % 28;
            int column = at % 28;
            boolean near = image0 == 0
                    && (column <= 2 || Math.abs(column - 14) <= 2)
                    && row % 9 != 3
                    && row % 9 != 4
                    && row % 9 != 5
                    && row % 9 != 6;
            assertThat(Float.isFinite(values[at]))
                    .as("image %d, row %d, column %d", image0, row, column)
                    .isEqualTo(!near);
        }
    }

    /** As weights that were computed may be. */
    @Test
    void weightsMayLieInAnotherOrder() {
        Case c = new Case(Shape.of(2, 3, 32, 32), 6, Window.square(5, 1, 0));
        Storage image = TestStorages.of(runtime, Order.CHANNELS_LAST, c.x, c.xs);
        float[][] outputs = new float[2][];
        for (Order order : Order.values()) {
            Storage weight = TestStorages.of(runtime, order, c.w, c.ws);
            outputs[order.ordinal()] =
                    TestStorages.values(runtime, convolution.forward(image, weight, null, c.window, 1, null));
        }
        assertThat(outputs[1]).containsExactly(outputs[0]);
    }

    @Test
    void imagesTooLargeForTheCacheAreLeftToOneDnn() {
        Case c = new Case(Shape.of(1, 3, 512, 512), 6, Window.square(3, 1, 1));
        assertThat(convolution.takesPlanar(c.key(Convolution.Kind.FORWARD))).isFalse();
    }

    @Test
    void otherNumbersOfThreadsGiveTheSame() {
        Case c = new Case(Shape.of(7, 1, 28, 28), 6, Window.square(5, 1, 2));
        float[] expected = c.output(runtime, convolution);
        for (int threads : new int[] {1, 3, 8}) {
            try (CpuRuntime other = new CpuRuntime(DeviceOptions.DEFAULT, threads, 1L << 30)) {
                assertThat(c.output(other, new Convolution(other))).containsExactly(expected);
            }
        }
    }

    private final class Case {
        private final Random random = new Random(7);
        private final Shape x;
        private final Shape w;
        private final Shape y;
        private final Window window;
        private final float[] xs;
        private final float[] ws;

        Case(Shape x, int outputs, Window window) {
            this.x = x;
            this.window = window;
            this.w = Shape.of(outputs, x.size(1), window.kernelHeight(), window.kernelWidth());
            this.y = Shape.of(x.size(0), outputs, window.outputHeight(x.size(2)), window.outputWidth(x.size(3)));
            this.xs = TestStorages.random(random, x);
            this.ws = TestStorages.random(random, w);
        }

        Convolution.Key key(Convolution.Kind kind) {
            return new Convolution.Key(kind, x, w, window, 1, kind != Convolution.Kind.BACKWARD_INPUT, null);
        }

        float[] output(CpuRuntime on, Convolution by) {
            Storage image = TestStorages.of(on, Order.CHANNELS_LAST, x, xs);
            Storage weight = TestStorages.of(on, Order.PLAIN, w, ws);
            return TestStorages.values(on, by.forward(image, weight, null, window, 1, null));
        }

        void check() {
            float[] bs = TestStorages.random(random, Shape.of(w.size(0)));
            float[] gs = TestStorages.random(random, y);
            var naive = new ConvolutionTest.Naive(x, w, y, window, 1, xs, ws, bs, gs);
            Storage image = TestStorages.of(runtime, Order.CHANNELS_LAST, x, xs);
            Storage weight = TestStorages.of(runtime, Order.PLAIN, w, ws);
            Storage bias = TestStorages.of(runtime, Order.PLAIN, Shape.of(w.size(0)), bs);
            Storage gradient = TestStorages.of(runtime, Order.CHANNELS_LAST, y, gs);
            Storage weightGradient = TestStorages.target(runtime, w);
            Storage biasGradient = TestStorages.target(runtime, Shape.of(w.size(0)));
            convolution.backwardWeight(image, gradient, window, 1, weightGradient, biasGradient);
            double[] relu = Arrays.stream(naive.output).map(v -> Math.max(0, v)).toArray();
            compare("forward", convolution.forward(image, weight, bias, window, 1, null), naive.output);
            compare("ReLU", convolution.forward(image, weight, bias, window, 1, Activation.RELU), relu);
            compare("input gradient", convolution.backwardInput(gradient, weight, x, window, 1), naive.imageGradient);
            compare("weight gradient", weightGradient, naive.weightGradient);
            compare("bias gradient", biasGradient, naive.biasGradient);
            for (Storage storage : new Storage[] {image, weight, bias, gradient}) {
                storage.release();
            }
        }

        private void compare(String what, Storage actual, double[] expected) {
            // Sums of up to some thousand float32 products of numbers around 1.
            TestStorages.assertClose(what, TestStorages.values(runtime, actual), expected, 2e-5);
            actual.release();
        }
    }
}
