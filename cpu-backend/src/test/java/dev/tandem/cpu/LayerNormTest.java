package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LayerNormTest {
    private static final float EPSILON = 1e-3f;

    private final CpuRuntime runtime = TestStorages.runtime();
    private final LayerNorm layerNorm = new LayerNorm(runtime);

    @AfterEach
    void close() {
        runtime.close();
    }

    static Stream<Shape> shapes() {
        return Stream.of(
                Shape.of(7, 10),
                Shape.of(5),
                Shape.of(4, 1),
                Shape.of(2, 65, 192),
                Shape.of(2, 3, 4, 5),
                Shape.of(1, 77));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void agreesWithTheFormula(Shape shape) {
        Random random = new Random(4);
        int size = (int) shape.size(-1);
        Shape row = Shape.of(size);
        float[] x = TestStorages.random(random, shape);
        float[] g = TestStorages.random(random, shape);
        float[] scale = TestStorages.random(random, row);
        float[] shift = TestStorages.random(random, row);
        double[] output = new double[x.length];
        double[] gradient = new double[x.length];
        double[] scaleGradient = new double[size];
        double[] shiftGradient = new double[size];
        for (int start = 0; start < x.length; start += size) {
            double mean = 0;
            double variance = 0;
            for (int i = 0; i < size; i++) {
                mean += (double) x[start + i] / size;
            }
            for (int i = 0; i < size; i++) {
                variance += (x[start + i] - mean) * (x[start + i] - mean) / size;
            }
            double deviation = Math.sqrt(variance + EPSILON);
            double sum = 0;
            double dot = 0;
            for (int i = 0; i < size; i++) {
                double normal = (x[start + i] - mean) / deviation;
                output[start + i] = normal * scale[i] + shift[i];
                scaleGradient[i] += g[start + i] * normal;
                shiftGradient[i] += g[start + i];
                sum += (double) g[start + i] * scale[i] / size;
                dot += g[start + i] * scale[i] * normal / size;
            }
            for (int i = 0; i < size; i++) {
                double normal = (x[start + i] - mean) / deviation;
                gradient[start + i] = ((double) g[start + i] * scale[i] - sum - normal * dot) / deviation;
            }
        }
        Order order = shape.rank() == 4 ? Order.CHANNELS_LAST : Order.PLAIN;
        Storage input = TestStorages.of(runtime, order, shape, x);
        Storage outputGradient = TestStorages.of(runtime, order, shape, g);
        Storage scales = TestStorages.of(runtime, Order.PLAIN, row, scale);
        Storage shifts = TestStorages.of(runtime, Order.PLAIN, row, shift);
        Storage forScale = TestStorages.target(runtime, row);
        Storage forShift = TestStorages.target(runtime, row);

        Normalized forward = layerNorm.forward(input, scales, shifts, EPSILON);
        Normalized kept = new Normalized(null, forward.mean(), forward.variance(), forward.saved());
        Storage back = layerNorm.backward(outputGradient, input, kept, scales, EPSILON, forScale, forShift);

        TestStorages.assertClose("output", TestStorages.values(runtime, forward.output()), output, 2e-5);
        TestStorages.assertClose("input gradient", TestStorages.values(runtime, back), gradient, 1e-4);
        TestStorages.assertClose("scale gradient", TestStorages.values(runtime, forScale), scaleGradient, 1e-4);
        TestStorages.assertClose("shift gradient", TestStorages.values(runtime, forShift), shiftGradient, 1e-4);
    }

    @Test
    void anEmptyBatchGivesZeroGradients() {
        Storage x = runtime.allocate(Shape.of(0, 3), DType.FLOAT32);
        Storage scale = TestStorages.target(runtime, Shape.of(3));
        Storage shift = TestStorages.target(runtime, Shape.of(3));
        Normalized forward = layerNorm.forward(x, scale, shift, EPSILON);
        assertThat(forward.output().shape()).isEqualTo(x.shape());
        assertThat(layerNorm
                        .backward(x, x, forward, scale, EPSILON, scale, shift)
                        .shape())
                .isEqualTo(x.shape());
        assertThat(TestStorages.values(runtime, scale)).containsOnly(0);
        assertThat(TestStorages.values(runtime, shift)).containsOnly(0);
    }
}
