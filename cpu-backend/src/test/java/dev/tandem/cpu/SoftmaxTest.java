package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SoftmaxTest {
    private final CpuRuntime runtime = TestStorages.runtime();
    private final Softmax softmax = new Softmax(runtime);

    @AfterEach
    void close() {
        runtime.close();
    }

    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of(Shape.of(7, 10), 1),
                Arguments.of(Shape.of(7, 10), 0),
                Arguments.of(Shape.of(5), 0),
                Arguments.of(Shape.of(3, 1), 1),
                Arguments.of(Shape.of(2, 3, 17, 19), 3),
                Arguments.of(Shape.of(2, 5, 3, 4), 1),
                Arguments.of(Shape.of(4, 1000), 1));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithTheFormula(Shape shape, int axis) {
        check(shape, axis, false);
        check(shape, axis, true);
        assertThat(runtime.allocator().stats().liveBytes()).isZero();
    }

    private void check(Shape shape, int axis, boolean logarithm) {
        Random random = new Random(4);
        float[] x = TestStorages.random(random, shape);
        for (int i = 0; i < x.length; i++) {
            x[i] = x[i] * 10 + 80; // exp overflows without care
        }
        float[] g = TestStorages.random(random, shape);
        double[] expected = new double[x.length];
        double[] expectedGradient = new double[x.length];
        int size = (int) shape.size(axis);
        int stride = (int) shape.strides()[axis];
        for (int i = 0; i < x.length; i++) {
            if (i / stride % size != 0) {
                continue;
            }
            double sum = 0;
            for (int j = 0; j < size; j++) {
                sum += Math.exp(x[i + j * stride]);
            }
            double dot = 0;
            for (int j = 0; j < size; j++) {
                int at = i + j * stride;
                double p = Math.exp(x[at]) / sum;
                expected[at] = logarithm ? Math.log(p) : p;
                dot += logarithm ? g[at] : g[at] * p;
            }
            for (int j = 0; j < size; j++) {
                int at = i + j * stride;
                double p = Math.exp(x[at]) / sum;
                expectedGradient[at] = logarithm ? g[at] - p * dot : p * (g[at] - dot);
            }
        }
        Order order = shape.rank() == 4 ? Order.CHANNELS_LAST : Order.PLAIN;
        Storage input = TestStorages.of(runtime, order, shape, x);
        Storage gradient = TestStorages.of(runtime, order, shape, g);
        Storage output = softmax.forward(input, axis, logarithm);
        Storage back = softmax.backward(gradient, output, axis, logarithm);
        String what = shape + " along " + axis + (logarithm ? ", logarithm" : "");
        TestStorages.assertClose(what, TestStorages.values(runtime, output), expected, 1e-5);
        TestStorages.assertClose(what + ", gradient", TestStorages.values(runtime, back), expectedGradient, 2e-5);
        Stream.of(input, gradient, output, back).forEach(Storage::release);
    }

    @Test
    void oneNotANumberMakesItsRowNotANumber() {
        float[] values = {1, 2, Float.NaN, 3, 4, 5};
        Storage x = TestStorages.of(runtime, Order.PLAIN, Shape.of(2, 3), values);
        assertThat(TestStorages.values(runtime, softmax.forward(x, 1, false)))
                .startsWith(Float.NaN, Float.NaN, Float.NaN);
    }

    @Test
    void anEmptyBatchGivesAnEmptyResult() {
        Storage x = runtime.allocate(Shape.of(0, 10), DType.FLOAT32);
        assertThat(softmax.forward(x, 1, false).shape()).isEqualTo(x.shape());
        assertThat(softmax.backward(x, x, 1, false).shape()).isEqualTo(x.shape());
    }
}
