package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.Storage;
import dev.tandem.cpu.LocalResponseNorm.Neighbours;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalResponseNormTest {
    private final CpuRuntime runtime = TestStorages.runtime();
    private final LocalResponseNorm norm = new LocalResponseNorm(runtime);

    @AfterEach
    void close() {
        runtime.close();
    }

    @ParameterizedTest
    @CsvSource({
        "96, 5, 0.75, 2",
        "96, 5, 0.5, 1",
        "6, 5, 0.75, 2",
        "3, 5, 0.75, 1",
        "37, 4, 0.75, 1",
        "20, 3, 1.2, 1",
        "1, 5, 0.75, 2",
        "16, 1, 0.75, 1",
        "35, 2, 0.75, 0.1"
    })
    void agreesWithTheFormula(int channels, int size, float beta, float k) {
        for (Order order : Order.values()) {
            check(channels, size, 0.7f, beta, k, order);
        }
        assertThat(runtime.allocator().stats().liveBytes()).isZero();
    }

    private void check(int channels, int size, float alpha, float beta, float k, Order order) {
        Shape shape = Shape.of(2, channels, 3, 4);
        Random random = new Random(4);
        float[] x = TestStorages.random(random, shape);
        float[] g = TestStorages.random(random, shape);
        double[] output = new double[x.length];
        double[] gradient = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            int channel = i / 12 % channels;
            int from = Math.max(0, channel - size / 2);
            int to = Math.min(channels - 1, channel + (size - 1) / 2);
            double sum = k;
            for (int c = from; c <= to; c++) {
                double value = x[i + (c - channel) * 12];
                sum += (double) alpha / size * value * value;
            }
            output[i] = x[i] * Math.pow(sum, -beta);
            gradient[i] += g[i] * Math.pow(sum, -beta);
            for (int c = from; c <= to; c++) {
                int at = i + (c - channel) * 12;
                gradient[at] -= g[i] * x[i] * beta * Math.pow(sum, -beta - 1) * 2 * alpha / size * x[at];
            }
        }
        Storage image = TestStorages.of(runtime, order, shape, x);
        Storage outputGradient = TestStorages.of(runtime, order, shape, g);
        Storage result = norm.forward(image, size, alpha, beta, k).output();
        Storage back = norm.backward(outputGradient, image, size, alpha, beta, k);
        TestStorages.assertClose("output", TestStorages.values(runtime, result), output, 1e-5);
        TestStorages.assertClose("gradient", TestStorages.values(runtime, back), gradient, 1e-5);
        Stream.of(image, outputGradient, result, back).forEach(Storage::release);
    }

    @ParameterizedTest
    @CsvSource({"96, 5, 0.75", "37, 4, 0.6", "5, 7, 1"})
    void scalarAndVectorLoopsAgree(int channels, int size, float beta) {
        Shape shape = Shape.of(1, channels, 5, 1);
        Random random = new Random(9);
        CpuStorage x = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, TestStorages.random(random, shape));
        CpuStorage g = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, TestStorages.random(random, shape));
        Neighbours neighbours = Neighbours.of(channels, size, 1e-1f, beta, 1.5f);
        CpuStorage[] results = new CpuStorage[4];
        for (int i = 0; i < 4; i++) {
            results[i] = runtime.allocateImages(shape);
            LocalResponseNormKernels kernels = Kernels.of(LocalResponseNormKernels.class, i < 2);
            if (i % 2 == 0) {
                kernels.forward(neighbours, x.address, results[i].address, 5);
            } else {
                kernels.backward(neighbours, g.address, x.address, results[i].address, 5);
            }
        }
        for (int i = 0; i < 2; i++) {
            TestStorages.assertClose(
                    "direction " + i,
                    TestStorages.values(runtime, results[i]),
                    doubles(TestStorages.values(runtime, results[i + 2])),
                    1e-6);
        }
    }

    private static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    @Test
    void anEmptyBatchGivesEmptyImages() {
        Storage x = runtime.allocate(Shape.of(0, 3, 2, 2), DType.FLOAT32);
        assertThat(norm.forward(x, 5, 1e-4f, 0.75f, 2).output().shape()).isEqualTo(x.shape());
        assertThat(norm.backward(x, x, 5, 1e-4f, 0.75f, 2).shape()).isEqualTo(x.shape());
    }
}
