package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.Activation;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConvolutionTest {
    private final CpuRuntime runtime = TestStorages.runtime();
    private Convolution convolution = new Convolution(runtime);

    @AfterEach
    void close() {
        runtime.close();
    }

    static Stream<Arguments> cases() {
        Window three = Window.square(3, 1, 1);
        Window few = new Window(2, 6, 1, 1, 1, 0, 0, 2, 1, 1);
        return Stream.of(
                Arguments.of("first layer of LeNet", Shape.of(3, 1, 28, 28), 6, 1, Window.square(5, 1, 2)),
                Arguments.of("second layer of LeNet", Shape.of(3, 6, 14, 14), 16, 1, Window.square(5, 1, 0)),
                Arguments.of("few channels", Shape.of(5, 3, 9, 7), 5, 1, Window.square(5, 1, 2)),
                Arguments.of("few channels, unequal kernel", Shape.of(3, 4, 8, 9), 6, 1, few),
                Arguments.of("few channels to many", Shape.of(1, 7, 9, 8), 17, 1, Window.square(5, 1, 0)),
                Arguments.of("first layer of AlexNet", Shape.of(2, 3, 47, 51), 64, 1, Window.square(11, 4, 2)),
                Arguments.of("first layer for CIFAR", Shape.of(2, 3, 32, 32), 64, 1, three),
                Arguments.of("3×3", Shape.of(2, 64, 8, 8), 64, 1, three),
                Arguments.of("3×3, stride 2", Shape.of(2, 32, 9, 8), 48, 1, Window.square(3, 2, 1)),
                Arguments.of("1×1", Shape.of(2, 24, 7, 5), 40, 1, Window.square(1, 1, 0)),
                Arguments.of("1×1, stride 2", Shape.of(2, 24, 7, 8), 40, 1, Window.square(1, 2, 0)),
                Arguments.of("odd channels", Shape.of(2, 5, 7, 5), 7, 1, three),
                Arguments.of("depthwise", Shape.of(2, 32, 9, 9), 32, 32, three),
                Arguments.of("depthwise, stride 2", Shape.of(2, 24, 9, 10), 24, 24, Window.square(3, 2, 1)),
                Arguments.of("depthwise, odd channels", Shape.of(2, 5, 9, 9), 5, 5, Window.square(5, 1, 2)),
                Arguments.of("depthwise, multiplier 2", Shape.of(2, 6, 9, 9), 12, 6, three),
                Arguments.of("groups", Shape.of(2, 16, 6, 6), 32, 2, three),
                Arguments.of("groups of odd size", Shape.of(2, 9, 6, 6), 6, 3, three),
                Arguments.of("dilation", Shape.of(2, 8, 9, 11), 8, 1, three.withDilation(2, 3)),
                Arguments.of("asymmetric padding", Shape.of(2, 8, 6, 6), 8, 1, three.withPadding(0, 1, 2, 0)),
                Arguments.of("unequal strides", Shape.of(2, 4, 9, 9), 8, 1, three.withStride(1, 3)),
                Arguments.of(
                        "kernel of the image's size",
                        Shape.of(2, 16, 6, 5),
                        12,
                        1,
                        new Window(6, 5, 1, 1, 0, 0, 0, 0, 1, 1)),
                Arguments.of("images of one pixel", Shape.of(4, 16, 1, 1), 8, 1, Window.square(1, 1, 0)),
                Arguments.of("images of one pixel, padded", Shape.of(2, 16, 1, 1), 8, 1, three),
                Arguments.of("stride beyond the kernel", Shape.of(2, 8, 10, 10), 8, 1, Window.square(2, 4, 0)),
                Arguments.of("padding beyond the kernel", Shape.of(1, 4, 3, 3), 4, 1, Window.square(2, 1, 3)),
                Arguments.of("one channel to one", Shape.of(1, 1, 4, 4), 1, 1, Window.square(2, 1, 0)),
                Arguments.of("images in a row", Shape.of(2, 3, 1, 20), 5, 1, new Window(1, 5, 1, 2, 0, 0, 2, 2, 1, 1)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void agreesWithNestedLoops(String name, Shape x, int outputs, int groups, Window window) {
        for (Order order : Order.values()) {
            check(name, x, outputs, groups, window, order, true);
        }
        check(name, x, outputs, groups, window, Order.CHANNELS_LAST, false);
        assertThat(runtime.allocator().stats().liveBytes()).isZero();
    }

    /** As where the Vector API is not added: by oneDNN alone. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void agreesWithNestedLoopsWithoutVectors(String name, Shape x, int outputs, int groups, Window window) {
        convolution = new Convolution(runtime, false, false);
        check(name, x, outputs, groups, window, Order.CHANNELS_LAST, true);
    }

    /** Reference code is hundreds of times slower. Other processors have other kernels. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64|x86_64")
    void hasAnOptimisedKernel(String name, Shape x, int outputs, int groups, Window window) {
        Shape weight = Shape.of(outputs, x.size(1) / groups, window.kernelHeight(), window.kernelWidth());
        for (Convolution.Kind kind : Convolution.Kind.values()) {
            boolean bias = kind != Convolution.Kind.BACKWARD_INPUT;
            Convolution.Key key = new Convolution.Key(kind, x, weight, window, groups, bias, null);
            assertThat(convolution.plan(key).primitive().implementation())
                    .as(name + ", " + kind)
                    .doesNotContain("ref");
        }
    }

    private void check(String name, Shape x, int outputs, int groups, Window window, Order order, boolean hasBias) {
        Random random = new Random(7);
        Shape w = Shape.of(outputs, x.size(1) / groups, window.kernelHeight(), window.kernelWidth());
        Shape y = Shape.of(x.size(0), outputs, window.outputHeight(x.size(2)), window.outputWidth(x.size(3)));
        float[] xs = TestStorages.random(random, x);
        float[] ws = TestStorages.random(random, w);
        float[] bs = TestStorages.random(random, Shape.of(outputs));
        float[] gs = TestStorages.random(random, y);
        Naive naive = new Naive(x, w, y, window, groups, xs, ws, hasBias ? bs : null, gs);
        Storage image = TestStorages.of(runtime, order, x, xs);
        Storage weight = TestStorages.of(runtime, Order.PLAIN, w, ws);
        Storage bias = hasBias ? TestStorages.of(runtime, Order.PLAIN, Shape.of(outputs), bs) : null;
        Storage gradient = TestStorages.of(runtime, order, y, gs);

        Storage output = convolution.forward(image, weight, bias, window, groups, null);
        Storage relu = convolution.forward(image, weight, bias, window, groups, Activation.RELU);
        Storage imageGradient = convolution.backwardInput(gradient, weight, x, window, groups);
        Storage weightGradient = TestStorages.target(runtime, w);
        Storage biasGradient = hasBias ? TestStorages.target(runtime, Shape.of(outputs)) : null;
        convolution.backwardWeight(image, gradient, window, groups, weightGradient, biasGradient);

        // Sums of up to some thousand float32 products of numbers around 1.
        double tolerance = 2e-5;
        compare(name + ", forward", output, naive.output, tolerance);
        compare(name + ", ReLU", relu, positive(naive.output), tolerance);
        compare(name + ", input gradient", imageGradient, naive.imageGradient, tolerance);
        compare(name + ", weight gradient", weightGradient, naive.weightGradient, tolerance);
        if (hasBias) {
            compare(name + ", bias gradient", biasGradient, naive.biasGradient, tolerance);
            bias.release();
        }
        image.release();
        weight.release();
        gradient.release();
    }

    private void compare(String what, Storage actual, double[] expected, double tolerance) {
        TestStorages.assertClose(what, TestStorages.values(runtime, actual), expected, tolerance);
        actual.release();
    }

    private static double[] positive(double[] values) {
        return java.util.Arrays.stream(values).map(value -> Math.max(0, value)).toArray();
    }

    @Test
    void anEmptyBatchGivesEmptyImagesAndZeroGradients() {
        Window window = Window.square(3, 1, 1);
        Storage x = runtime.allocate(Shape.of(0, 3, 8, 8), DType.FLOAT32);
        Storage gradient = runtime.allocate(Shape.of(0, 4, 8, 8), DType.FLOAT32);
        Storage weight = TestStorages.target(runtime, Shape.of(4, 3, 3, 3));
        Storage bias = TestStorages.target(runtime, Shape.of(4));

        assertThat(convolution.forward(x, weight, bias, window, 1, null).shape())
                .isEqualTo(Shape.of(0, 4, 8, 8));
        assertThat(convolution
                        .backwardInput(gradient, weight, x.shape(), window, 1)
                        .shape())
                .isEqualTo(x.shape());
        convolution.backwardWeight(x, gradient, window, 1, weight, bias);

        assertThat(TestStorages.values(runtime, weight)).containsOnly(0);
        assertThat(TestStorages.values(runtime, bias)).containsOnly(0);
    }

    @Test
    void halvesAreRefused() {
        Storage x = runtime.allocate(Shape.of(1, 1, 4, 4), DType.BFLOAT16);
        Storage weight = runtime.allocate(Shape.of(1, 1, 1, 1), DType.BFLOAT16);
        assertThatThrownBy(() -> convolution.forward(x, weight, null, Window.square(1, 1, 0), 1, null))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("cpu: convolution of BFLOAT16[1, 1, 4, 4]");
    }

    /** The definition, in double precision. */
    static final class Naive {
        final double[] output;
        final double[] imageGradient;
        final double[] weightGradient;
        final double[] biasGradient;

        Naive(Shape x, Shape w, Shape y, Window window, int groups, float[] xs, float[] ws, float[] bs, float[] gs) {
            output = new double[(int) y.elements()];
            imageGradient = new double[xs.length];
            weightGradient = new double[ws.length];
            biasGradient = new double[(int) w.size(0)];
            int outputs = (int) w.size(0);
            int inputs = (int) w.size(1);
            int height = (int) x.size(2);
            int width = (int) x.size(3);
            int outputHeight = (int) y.size(2);
            int outputWidth = (int) y.size(3);
            for (int n = 0; n < x.size(0); n++) {
                for (int o = 0; o < outputs; o++) {
                    for (int p = 0; p < outputHeight * outputWidth; p++) {
                        int at = (n * outputs + o) * outputHeight * outputWidth + p;
                        biasGradient[o] += gs[at];
                        double sum = bs == null ? 0 : bs[o];
                        for (int k = 0; k < inputs * window.kernelHeight() * window.kernelWidth(); k++) {
                            int c = k / (window.kernelHeight() * window.kernelWidth());
                            int kh = k / window.kernelWidth() % window.kernelHeight();
                            int kw = k % window.kernelWidth();
                            int h = p / outputWidth * window.strideHeight()
                                    - window.padTop()
                                    + kh * window.dilationHeight();
                            int v = p % outputWidth * window.strideWidth()
                                    - window.padLeft()
                                    + kw * window.dilationWidth();
                            if (h < 0 || h >= height || v < 0 || v >= width) {
                                continue;
                            }
                            int channel = o / (outputs / groups) * inputs + c;
                            int from = ((n * (int) x.size(1) + channel) * height + h) * width + v;
                            int weight = o * inputs * window.kernelHeight() * window.kernelWidth() + k;
                            sum += (double) xs[from] * ws[weight];
                            imageGradient[from] += (double) gs[at] * ws[weight];
                            weightGradient[weight] += (double) gs[at] * xs[from];
                        }
                        output[at] = sum;
                    }
                }
            }
        }
    }
}
