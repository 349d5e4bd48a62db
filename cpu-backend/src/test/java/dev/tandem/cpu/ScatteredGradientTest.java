package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Input gradients that {@link Convolution} gives to {@link ScatteredGradient}, against double-precision loops. */
class ScatteredGradientTest {
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

    /** Rows of a window that fill two vectors of 8 and of 16. */
    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of("LeNet's second", Shape.of(5, 6, 14, 14), 16, Window.square(5, 1, 0)),
                Arguments.of("padding", Shape.of(2, 6, 9, 8), 8, Window.square(5, 1, 2)),
                Arguments.of("uneven padding", Shape.of(3, 5, 6, 11), 24, new Window(3, 6, 1, 1, 2, 0, 0, 3, 1, 1)),
                Arguments.of("strides", Shape.of(3, 4, 12, 19), 8, new Window(3, 8, 2, 3, 0, 0, 0, 0, 1, 1)),
                Arguments.of("rows apart", Shape.of(1, 5, 11, 9), 8, new Window(3, 6, 1, 1, 0, 1, 0, 0, 2, 1)),
                Arguments.of(
                        "several strips a row", Shape.of(2, 6, 11, 16), 8, new Window(2, 10, 1, 1, 0, 0, 0, 0, 1, 1)),
                Arguments.of(
                        "a window as wide as the image",
                        Shape.of(2, 4, 5, 8),
                        8,
                        new Window(2, 8, 1, 1, 0, 0, 0, 0, 1, 1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void agreesWithNestedLoops(String name, Shape x, int outputs, Window window) {
        Case c = new Case(x, outputs, window);
        assertThat(convolution.takesScattered(c.key)).isTrue();
        var naive = new ConvolutionTest.Naive(x, c.w, c.y, window, 1, c.xs, c.ws, new float[outputs], c.gs);
        // Sums of up to some thousand float32 products of numbers around 1.
        TestStorages.assertClose(name, c.gradient(runtime), naive.imageGradient, 2e-5);
        assertThat(runtime.allocator().stats().liveBytes()).isZero();
    }

    /** What is not finite must not come into other pixels by lanes beyond a row's end. */
    @Test
    void whatIsNotFiniteStaysWithinItsWindow() {
        Case c = new Case(Shape.of(2, 6, 14, 14), 16, Window.square(5, 1, 0));
        c.gs[3 * 10 + 4] = Float.NaN;
        c.gs[9 * 10 + 9] = Float.POSITIVE_INFINITY;
        float[] values = c.gradient(runtime);
        for (int at = 0; at < values.length; at++) {
            int row = at / 14 % 14;
            int column = at % 14;
            boolean under = row >= 3 && row < 8 && column >= 4 && column < 9 || row >= 9 && column >= 9;
            assertThat(Float.isFinite(values[at]))
                    .as("row %d, column %d", row, column)
                    .isEqualTo(!(under && at < 6 * 14 * 14));
        }
    }

    /** As weights that were computed may be. */
    @Test
    void weightsMayLieInAnotherOrder() {
        Case c = new Case(Shape.of(2, 6, 14, 14), 16, Window.square(5, 1, 0));
        assertThat(c.gradient(runtime, Order.CHANNELS_LAST)).containsExactly(c.gradient(runtime));
    }

    @Test
    void otherNumbersOfThreadsGiveTheSame() {
        Case c = new Case(Shape.of(7, 6, 14, 14), 16, Window.square(5, 1, 0));
        float[] expected = c.gradient(runtime);
        for (int threads : new int[] {1, 3, 8}) {
            try (CpuRuntime other = new CpuRuntime(DeviceOptions.DEFAULT, threads, 1L << 30)) {
                assertThat(c.gradient(other)).containsExactly(expected);
            }
        }
    }

    @Test
    void whatFillsNoVectorsOrNoCacheIsLeftToOneDnn() {
        int columns = Floats.LENGTH * 7 / 4; // columns of 5 channels whose last strip fills no vector
        for (Case c : new Case[] {
            new Case(Shape.of(1, 3, 14, 14), 16, Window.square(3, 1, 1)),
            new Case(Shape.of(1, 5, 2, 40), 8, new Window(1, columns, 1, 1, 0, 0, 0, 0, 1, 1)),
            new Case(Shape.of(1, 6, 14, 14), 12, Window.square(5, 1, 0)),
            new Case(Shape.of(1, 6, 14, 14), 16, Window.square(5, 1, 0).withDilation(1, 2)),
            new Case(Shape.of(1, 6, 128, 128), 16, Window.square(5, 1, 0))
        }) {
            assertThat(convolution.takesScattered(c.key)).isFalse();
        }
    }

    private static final class Case {
        private final Shape x;
        private final Shape w;
        private final Shape y;
        private final Window window;
        private final float[] xs;
        private final float[] ws;
        private final float[] gs;
        private final Convolution.Key key;

        Case(Shape x, int outputs, Window window) {
            Random random = new Random(7);
            this.x = x;
            this.window = window;
            this.w = Shape.of(outputs, x.size(1), window.kernelHeight(), window.kernelWidth());
            this.y = Shape.of(x.size(0), outputs, window.outputHeight(x.size(2)), window.outputWidth(x.size(3)));
            this.xs = TestStorages.random(random, x);
            this.ws = TestStorages.random(random, w);
            this.gs = TestStorages.random(random, y);
            this.key = new Convolution.Key(Convolution.Kind.BACKWARD_INPUT, x, w, window, 1, false, null);
        }

        /** On memory that holds NaN. */
        float[] gradient(CpuRuntime on) {
            return gradient(on, Order.PLAIN);
        }

        float[] gradient(CpuRuntime on, Order weights) {
            TestStorages.target(on, x).release();
            Storage gradient = TestStorages.of(on, Order.CHANNELS_LAST, y, gs);
            Storage weight = TestStorages.of(on, weights, w, ws);
            Storage result = new Convolution(on).backwardInput(gradient, weight, x, window, 1);
            float[] values = TestStorages.values(on, result);
            for (Storage storage : new Storage[] {gradient, weight, result}) {
                storage.release();
            }
            return values;
        }
    }
}
