package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps.BatchNormGradient;
import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.cpu.BatchNormKernels.Channels;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchNormTest {
    private static final float EPSILON = 1e-3f;

    private final CpuRuntime runtime = TestStorages.runtime();
    private final BatchNorm batchNorm = new BatchNorm(runtime);

    @AfterEach
    void close() {
        runtime.close();
    }

    static Stream<Arguments> cases() {
        Shape[] shapes = {
            Shape.of(4, 64, 8, 8),
            Shape.of(2, 3, 5, 7),
            Shape.of(8, 19, 1, 1),
            Shape.of(1, 5, 3, 3),
            Shape.of(2, 1, 4, 4),
            Shape.of(3, 130, 9, 9),
            Shape.of(4, 6, 64, 64) // several blocks of sums in each of two threads
        };
        Activation tanh = new Activation(UnaryOp.TANH, 0, 0);
        Activation sigmoid = new Activation(UnaryOp.SIGMOID, 0, 0);
        return Arrays.stream(shapes).flatMap(shape -> Stream.of(null, Activation.RELU, tanh, sigmoid)
                .flatMap(activation ->
                        Stream.of(Arguments.of(shape, activation, false), Arguments.of(shape, activation, true))));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithTheFormula(Shape shape, Activation activation, boolean hasResidual) {
        for (Order order : Order.values()) {
            check(shape, activation, hasResidual, order);
        }
        assertThat(runtime.allocator().stats().liveBytes()).isZero();
    }

    private void check(Shape shape, Activation activation, boolean hasResidual, Order order) {
        Random random = new Random(1);
        int channels = (int) shape.size(1);
        float[] x = TestStorages.random(random, shape);
        float[] r = TestStorages.random(random, shape);
        float[] g = TestStorages.random(random, shape);
        float[] scale = TestStorages.random(random, Shape.of(channels));
        float[] shift = TestStorages.random(random, Shape.of(channels));
        Storage image = TestStorages.of(runtime, order, shape, x);
        Storage residual = hasResidual ? TestStorages.of(runtime, order, shape, r) : null;
        Storage gradient = TestStorages.of(runtime, order, shape, g);
        Storage scales = TestStorages.of(runtime, Order.PLAIN, Shape.of(channels), scale);
        Storage shifts = TestStorages.of(runtime, Order.PLAIN, Shape.of(channels), shift);
        float[] ones = new float[channels];
        Arrays.fill(ones, 1);
        Storage runningMean = TestStorages.of(runtime, Order.PLAIN, Shape.of(channels), ones);
        Storage runningVariance = TestStorages.of(runtime, Order.PLAIN, Shape.of(channels), ones);
        Storage scaleGradient = TestStorages.target(runtime, Shape.of(channels));
        Storage shiftGradient = TestStorages.target(runtime, Shape.of(channels));

        Normalized forward = batchNorm.training(
                image, residual, scales, shifts, runningMean, runningVariance, 0.1f, EPSILON, activation);
        Storage inference = batchNorm.inference(
                image, residual, scales, shifts, forward.mean(), forward.variance(), EPSILON, activation);
        Normalized kept = new Normalized(
                activation == null ? null : forward.output(), forward.mean(), forward.variance(), forward.saved());
        BatchNormGradient gradients = batchNorm.backward(
                gradient, image, kept, scales, EPSILON, activation, hasResidual, scaleGradient, shiftGradient);

        Formula formula = new Formula(shape, x, hasResidual ? r : null, scale, shift, g, activation);
        String what = shape + " " + activation + " " + order;
        // Sums over a few hundred values, divided by deviations of about a half.
        TestStorages.assertClose(what, TestStorages.values(runtime, forward.output()), formula.output, 2e-5);
        TestStorages.assertClose(what, TestStorages.values(runtime, inference), formula.output, 2e-5);
        TestStorages.assertClose(what, TestStorages.values(runtime, forward.mean()), formula.mean, 1e-5);
        TestStorages.assertClose(what, TestStorages.values(runtime, forward.variance()), formula.variance, 1e-5);
        TestStorages.assertClose(what, TestStorages.values(runtime, gradients.x()), formula.imageGradient, 1e-4);
        TestStorages.assertClose(what, TestStorages.values(runtime, scaleGradient), formula.scaleGradient, 1e-4);
        TestStorages.assertClose(what, TestStorages.values(runtime, shiftGradient), formula.shiftGradient, 1e-4);
        double unbiased = formula.count / (formula.count - 1.0);
        for (int c = 0; c < channels; c++) {
            assertThat((double) TestStorages.values(runtime, runningMean)[c])
                    .isCloseTo(0.9 + 0.1 * formula.mean[c], within(1e-5));
            assertThat((double) TestStorages.values(runtime, runningVariance)[c])
                    .isCloseTo(0.9 + 0.1 * formula.variance[c] * unbiased, within(1e-5));
        }
        if (hasResidual) {
            TestStorages.assertClose(what, TestStorages.values(runtime, gradients.residual()), formula.before, 1e-5);
        } else {
            assertThat(gradients.residual()).isNull();
        }
        Stream.of(image, residual, gradient, scales, shifts, runningMean, runningVariance, scaleGradient, shiftGradient)
                .forEach(BatchNormTest::release);
        Stream.of(forward.output(), forward.mean(), forward.variance(), forward.saved(), inference, gradients.x())
                .forEach(BatchNormTest::release);
        release(gradients.residual());
    }

    private static void release(Storage storage) {
        if (storage != null) {
            storage.release();
        }
    }

    @Test
    void anEmptyBatchLeavesRunningStatistics() {
        Storage x = runtime.allocate(Shape.of(0, 2, 3, 3), DType.FLOAT32);
        Storage running = TestStorages.of(runtime, Order.PLAIN, Shape.of(2), 3, 4);
        Storage scaleGradient = TestStorages.target(runtime, Shape.of(2));
        Storage shiftGradient = TestStorages.target(runtime, Shape.of(2));
        Normalized forward = batchNorm.training(x, null, running, running, running, running, 0.1f, EPSILON, null);
        BatchNormGradient gradient =
                batchNorm.backward(x, x, forward, running, EPSILON, null, true, scaleGradient, shiftGradient);
        assertThat(TestStorages.values(runtime, running)).containsExactly(3, 4);
        assertThat(gradient.x().shape()).isEqualTo(x.shape());
        assertThat(gradient.residual().shape()).isEqualTo(x.shape());
        assertThat(TestStorages.values(runtime, scaleGradient)).containsExactly(0, 0);
        assertThat(TestStorages.values(runtime, shiftGradient)).containsExactly(0, 0);
    }

    @Test
    void notANumberShowsThroughReluAndResidual() {
        Shape shape = Shape.of(2, 3, 2, 2);
        float[] x = TestStorages.random(new Random(1), shape);
        x[4] = Float.NaN; // in channel 1
        float[] ones = {1, 1, 1};
        Storage image = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, x);
        Storage residual = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, new float[24]);
        Storage scale = TestStorages.of(runtime, Order.PLAIN, Shape.of(3), ones);
        for (Storage addend : new Storage[] {null, residual}) {
            Normalized forward =
                    batchNorm.training(image, addend, scale, scale, null, null, 0.1f, EPSILON, Activation.RELU);
            float[] output = TestStorages.values(runtime, forward.output());
            for (int i = 0; i < output.length; i++) {
                assertThat(Float.isNaN(output[i])).isEqualTo(i / 4 % 3 == 1);
            }
            output = TestStorages.values(
                    runtime, batchNorm.inference(image, addend, scale, scale, scale, scale, EPSILON, Activation.RELU));
            for (int i = 0; i < output.length; i++) {
                assertThat(Float.isNaN(output[i])).isEqualTo(i == 4);
            }
        }
    }

    @Test
    void statisticsFarFromZeroKeepTheirDigits() {
        Shape shape = Shape.of(4, 20, 16, 16);
        Random random = new Random(3);
        float[] x = new float[(int) shape.elements()];
        double[] mean = new double[20];
        double[] variance = new double[20];
        for (int i = 0; i < x.length; i++) {
            x[i] = 10_000 + random.nextFloat();
            mean[i / 256 % 20] += x[i] / 1024.0;
        }
        for (int i = 0; i < x.length; i++) {
            int c = i / 256 % 20;
            variance[c] += (x[i] - mean[c]) * (x[i] - mean[c]) / 1024;
        }
        CpuStorage image = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, x);
        CpuStorage means = TestStorages.target(runtime, Shape.of(20));
        CpuStorage variances = TestStorages.target(runtime, Shape.of(20));
        new BatchNormPasses(runtime).statistics(image, means, variances);
        TestStorages.assertClose("mean", TestStorages.values(runtime, means), mean, 1e-7);
        TestStorages.assertClose("variance", TestStorages.values(runtime, variances), variance, 1e-6);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 16, 37, 64})
    void scalarAndVectorLoopsAgree(int channels) {
        Random random = new Random(5);
        Shape shape = Shape.of(1, channels, 301, 1);
        CpuStorage x = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, TestStorages.random(random, shape));
        CpuStorage r = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, TestStorages.random(random, shape));
        Shape row = Shape.of(channels);
        BatchNormKernels vector = Kernels.of(BatchNormKernels.class, true);
        BatchNormKernels scalar = Kernels.of(BatchNormKernels.class, false);
        Channels values = new BatchNormPasses(runtime, vector)
                .channels(
                        TestStorages.random(random, row),
                        TestStorages.random(random, row),
                        TestStorages.random(random, row));
        float[] slope = values.shift();
        float[] offset = values.mean();
        CpuStorage a = runtime.allocateLike(x);
        CpuStorage b = runtime.allocateLike(x);
        long count = shape.elements();
        for (boolean relu : new boolean[] {false, true}) {
            for (long residual : new long[] {0, r.address}) {
                vector.apply(x.address, residual, a.address, count, values, relu);
                scalar.apply(x.address, residual, b.address, count, values, relu);
                assertThat(TestStorages.values(runtime, a)).containsExactly(TestStorages.values(runtime, b));
            }
            vector.gradient(r.address, x.address, a.address, count, values, relu, slope, offset);
            scalar.gradient(r.address, x.address, b.address, count, values, relu, slope, offset);
            assertThat(TestStorages.values(runtime, a)).containsExactly(TestStorages.values(runtime, b));
            float[][] sums = new float[4][slope.length];
            vector.gradientSums(r.address, x.address, count, values, relu, sums[0], sums[1]);
            scalar.gradientSums(r.address, x.address, count, values, relu, sums[2], sums[3]);
            assertThat(sums[0]).containsExactly(sums[2]);
            assertThat(sums[1]).containsExactly(sums[3]);
        }
        float[][] sums = new float[4][slope.length];
        vector.sums(x.address, count, values.mean(), sums[0], sums[1]);
        scalar.sums(x.address, count, values.mean(), sums[2], sums[3]);
        assertThat(sums[0]).containsExactly(sums[2]);
        assertThat(sums[1]).containsExactly(sums[3]);
    }

    /** In double precision. */
    private static final class Formula {
        final double[] output;
        final double[] before;
        final double[] imageGradient;
        final double[] mean;
        final double[] variance;
        final double[] scaleGradient;
        final double[] shiftGradient;
        final int count;

        Formula(Shape shape, float[] x, float[] r, float[] scale, float[] shift, float[] g, Activation activation) {
            int channels = (int) shape.size(1);
            int plane = (int) (shape.size(2) * shape.size(3));
            count = x.length / channels;
            output = new double[x.length];
            before = new double[x.length];
            imageGradient = new double[x.length];
            mean = new double[channels];
            variance = new double[channels];
            scaleGradient = new double[channels];
            shiftGradient = new double[channels];
            for (int i = 0; i < x.length; i++) {
                mean[i / plane % channels] += (double) x[i] / count;
            }
            for (int i = 0; i < x.length; i++) {
                int c = i / plane % channels;
                variance[c] += (x[i] - mean[c]) * (x[i] - mean[c]) / count;
            }
            for (int i = 0; i < x.length; i++) {
                int c = i / plane % channels;
                double normal = (x[i] - mean[c]) / Math.sqrt(variance[c] + EPSILON);
                double value = normal * scale[c] + shift[c] + (r == null ? 0 : r[i]);
                output[i] = activate(activation, value);
                before[i] = g[i] * slope(activation, output[i]);
                scaleGradient[c] += before[i] * normal;
                shiftGradient[c] += before[i];
            }
            for (int i = 0; i < x.length; i++) {
                int c = i / plane % channels;
                double deviation = Math.sqrt(variance[c] + EPSILON);
                double normal = (x[i] - mean[c]) / deviation;
                imageGradient[i] = scale[c]
                        / deviation
                        * (before[i] - shiftGradient[c] / count - normal * scaleGradient[c] / count);
            }
        }

        private static double activate(Activation activation, double value) {
            if (activation == null) {
                return value;
            }
            return switch (activation.op()) {
                case RELU -> Math.max(0, value);
                case TANH -> Math.tanh(value);
                default -> 1 / (1 + Math.exp(-value));
            };
        }

        private static double slope(Activation activation, double output) {
            if (activation == null) {
                return 1;
            }
            return switch (activation.op()) {
                case RELU -> output > 0 ? 1 : 0;
                case TANH -> 1 - output * output;
                default -> output * (1 - output);
            };
        }
    }
}
