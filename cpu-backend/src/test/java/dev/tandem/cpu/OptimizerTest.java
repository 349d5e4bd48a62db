package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.OptimizerOps.Buffers;
import dev.tandem.backend.OptimizerOps.Scalar;
import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.backend.Storage;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every optimizer against its formula in double precision, over several steps on segments with gaps between them. */
class OptimizerTest {
    private static final int LENGTH = 70_000;
    private static final List<Segment> SEGMENTS = List.of(
            new Segment(0, 10, 1, 0, 0),
            new Segment(16, 60_001, 0.5f, 0.01f, 0),
            new Segment(60_032, 0, 1, 0, 0),
            new Segment(60_032, 7, 2, 0.1f, 0.02f),
            new Segment(60_048, 9_000, 1, 0, 0.003f));

    /** An optimizer, and what one step does to an element: state is {parameter, first state, second state}. */
    enum Rule {
        DESCENT {
            @Override
            void run(CpuOptimizer optimizer, Buffers b, Storage s, Storage t) {
                optimizer.sgd(b, null, 0, false);
            }

            @Override
            void formula(double[] x, double g, double decay, double rate, int step) {
                x[0] -= rate * (g + decay * x[0]);
            }
        },
        MOMENTUM {
            @Override
            void run(CpuOptimizer optimizer, Buffers b, Storage s, Storage t) {
                optimizer.sgd(b, s, 0.9f, false);
            }

            @Override
            void formula(double[] x, double g, double decay, double rate, int step) {
                x[1] = 0.9f * x[1] + g + decay * x[0];
                x[0] -= rate * x[1];
            }
        },
        NESTEROV {
            @Override
            void run(CpuOptimizer optimizer, Buffers b, Storage s, Storage t) {
                optimizer.sgd(b, s, 0.9f, true);
            }

            @Override
            void formula(double[] x, double g, double decay, double rate, int step) {
                double all = g + decay * x[0];
                x[1] = 0.9f * x[1] + all;
                x[0] -= rate * (all + 0.9f * x[1]);
            }
        },
        ADA_GRAD {
            @Override
            void run(CpuOptimizer optimizer, Buffers b, Storage s, Storage t) {
                optimizer.adaGrad(b, s, 1e-3f);
            }

            @Override
            void formula(double[] x, double g, double decay, double rate, int step) {
                double all = g + decay * x[0];
                x[1] += all * all;
                x[0] -= rate * all / (Math.sqrt(x[1]) + 1e-3f);
            }
        },
        ADA_DELTA {
            @Override
            void run(CpuOptimizer optimizer, Buffers b, Storage s, Storage t) {
                optimizer.adaDelta(b, s, t, 0.9f, 1e-3f);
            }

            @Override
            void formula(double[] x, double g, double decay, double rate, int step) {
                double all = g + decay * x[0];
                x[1] = 0.9f * x[1] + (1 - 0.9f) * all * all;
                double d = Math.sqrt(x[2] + 1e-3f) / Math.sqrt(x[1] + 1e-3f) * all;
                x[2] = 0.9f * x[2] + (1 - 0.9f) * d * d;
                x[0] -= rate * d;
            }
        },
        RMS_PROP {
            @Override
            void run(CpuOptimizer optimizer, Buffers b, Storage s, Storage t) {
                optimizer.rmsProp(b, s, null, 0.9f, 1e-3f, 0);
            }

            @Override
            void formula(double[] x, double g, double decay, double rate, int step) {
                double all = g + decay * x[0];
                x[1] = 0.9f * x[1] + (1 - 0.9f) * all * all;
                x[0] -= rate * all / (Math.sqrt(x[1]) + 1e-3f);
            }
        },
        RMS_PROP_MOMENTUM {
            @Override
            void run(CpuOptimizer optimizer, Buffers b, Storage s, Storage t) {
                optimizer.rmsProp(b, s, t, 0.9f, 1e-3f, 0.8f);
            }

            @Override
            void formula(double[] x, double g, double decay, double rate, int step) {
                double all = g + decay * x[0];
                x[1] = 0.9f * x[1] + (1 - 0.9f) * all * all;
                x[2] = 0.8f * x[2] + all / (Math.sqrt(x[1]) + 1e-3f);
                x[0] -= rate * x[2];
            }
        },
        ADAM {
            @Override
            void run(CpuOptimizer optimizer, Buffers b, Storage s, Storage t) {
                optimizer.adam(b, s, t, 0.9f, 0.999f, 1e-8f, false);
            }

            @Override
            void formula(double[] x, double g, double decay, double rate, int step) {
                adam(x, g + decay * x[0], rate, step);
            }
        },
        ADAM_W {
            @Override
            void run(CpuOptimizer optimizer, Buffers b, Storage s, Storage t) {
                optimizer.adam(b, s, t, 0.9f, 0.999f, 1e-8f, true);
            }

            @Override
            void formula(double[] x, double g, double decay, double rate, int step) {
                x[0] -= rate * decay * x[0];
                adam(x, g, rate, step);
            }
        };

        abstract void run(CpuOptimizer optimizer, Buffers buffers, Storage first, Storage second);

        abstract void formula(double[] x, double g, double decay, double rate, int step);

        static void adam(double[] x, double g, double rate, int step) {
            x[1] = 0.9f * x[1] + (1 - 0.9f) * g;
            x[2] = 0.999f * x[2] + (1 - 0.999f) * g * g;
            double mean = x[1] / (1 - Math.pow(0.9f, step));
            double square = x[2] / (1 - Math.pow(0.999f, step));
            x[0] -= rate * mean / (Math.sqrt(square) + 1e-8f);
        }
    }

    /** Buffers on a device with what a test wants to look at. */
    private static final class Fixture implements AutoCloseable {
        final TestRuntime test;
        final CpuOptimizer optimizer;
        final CpuStorage parameters;
        final CpuStorage gradients;
        final CpuStorage first;
        final CpuStorage second;
        final CpuStorage scalars;
        final Buffers buffers;

        Fixture(int threads) {
            test = new TestRuntime(threads);
            optimizer = new CpuOptimizer(test.runtime);
            parameters = test.floats(TestRuntime.normal(1, LENGTH));
            gradients = test.floats(TestRuntime.normal(2, LENGTH));
            first = test.floats(new float[LENGTH]);
            second = test.floats(new float[LENGTH]);
            scalars = test.floats(0.1f, 1, 0.5f, 0, 0, 0);
            buffers = new Buffers(parameters, gradients, SEGMENTS, scalars);
        }

        void set(Scalar slot, float value) {
            NativeMemory.ALL.set(
                    java.lang.foreign.ValueLayout.JAVA_FLOAT, scalars.address + 4L * slot.ordinal(), value);
        }

        float get(Scalar slot) {
            return test.array(scalars)[slot.ordinal()];
        }

        void gradients(float... values) {
            java.lang.foreign.MemorySegment.copy(
                    values, 0, gradients.segment(), java.lang.foreign.ValueLayout.JAVA_FLOAT, 0, values.length);
        }

        float[] everything() {
            float[] all = new float[3 * LENGTH];
            System.arraycopy(test.array(parameters), 0, all, 0, LENGTH);
            System.arraycopy(test.array(first), 0, all, LENGTH, LENGTH);
            System.arraycopy(test.array(second), 0, all, 2 * LENGTH, LENGTH);
            return all;
        }

        @Override
        public void close() {
            test.close();
        }
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void followsItsFormulaOverSeveralSteps(Rule rule) {
        try (Fixture f = new Fixture(2)) {
            double[][] expected = new double[LENGTH][3];
            float[] start = f.test.array(f.parameters);
            for (int i = 0; i < LENGTH; i++) {
                expected[i][0] = start[i];
            }
            for (int step = 1; step <= 5; step++) {
                float[] gradients = TestRuntime.normal(10 + step, LENGTH);
                f.gradients(gradients);
                f.set(Scalar.STEP, step);
                rule.run(f.optimizer, f.buffers, f.first, f.second);
                for (Segment segment : SEGMENTS) {
                    for (int i = (int) segment.offset(); i < segment.offset() + segment.count(); i++) {
                        double g = 0.5 * gradients[i] + segment.l1() * Math.signum(expected[i][0]);
                        rule.formula(expected[i], g, segment.weightDecay(), 0.1f * segment.learningRateFactor(), step);
                    }
                }
            }
            float[] parameters = new float[LENGTH];
            for (int i = 0; i < LENGTH; i++) {
                parameters[i] = (float) expected[i][0];
            }
            // Five steps of some float32 roundings each, on values around 1.
            TestRuntime.assertClose(f.test.array(f.parameters), parameters, 1e-5);
        }
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void doesNotDependOnTheNumberOfThreads(Rule rule) {
        float[][] results = new float[3][];
        for (int threads = 1; threads <= 3; threads++) {
            try (Fixture f = new Fixture(threads)) {
                rule.run(f.optimizer, f.buffers, f.first, f.second);
                rule.run(f.optimizer, f.buffers, f.first, f.second);
                results[threads - 1] = f.everything();
            }
        }
        assertThat(Arrays.equals(results[1], results[0])).isTrue();
        assertThat(Arrays.equals(results[2], results[0])).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void changesNothingWhenAGradientWasNotFinite(Rule rule) {
        try (Fixture f = new Fixture(2)) {
            float[] before = f.everything();
            f.set(Scalar.FOUND_NOT_FINITE, 1);
            rule.run(f.optimizer, f.buffers, f.first, f.second);
            f.optimizer.lars(f.buffers, f.first, 0.9f, 0.01f, 1e-8f);
            assertThat(Arrays.equals(f.everything(), before)).isTrue();
        }
    }

    @Test
    void larsScalesEachSegmentsRateByItsNorms() {
        try (Fixture f = new Fixture(2)) {
            float[] p = f.test.array(f.parameters);
            float[] g = f.test.array(f.gradients);
            float[] expected = p.clone();
            f.optimizer.lars(f.buffers, f.first, 0.9f, 0.01f, 1e-8f);
            for (Segment segment : SEGMENTS) {
                int start = (int) segment.offset();
                int end = (int) (start + segment.count());
                double decay = segment.weightDecay();
                double norms = 0;
                double gradientNorms = 0;
                for (int i = start; i < end; i++) {
                    norms += (double) p[i] * p[i];
                    gradientNorms += Math.pow(0.5 * g[i] + segment.l1() * Math.signum(p[i]), 2);
                }
                double norm = Math.sqrt(norms);
                double rate = 0.1f * segment.learningRateFactor();
                double adapted =
                        decay == 0 ? rate : rate * 0.01f * norm / (Math.sqrt(gradientNorms) + decay * norm + 1e-8);
                for (int i = start; i < end; i++) {
                    double all = 0.5 * g[i] + segment.l1() * Math.signum(p[i]) + decay * p[i];
                    expected[i] = (float) (p[i] - adapted * all);
                }
            }
            // Float32 rounding of values around 1.
            TestRuntime.assertClose(f.test.array(f.parameters), expected, 1e-6);
        }
    }

    @Test
    void larsTakesThePlainRateWhereANormIsZero() {
        try (Fixture f = new Fixture(1)) {
            float[] before = f.test.array(f.parameters);
            f.gradients(new float[LENGTH]);
            f.optimizer.lars(f.buffers, f.first, 0.9f, 0.01f, 1e-8f);
            // Segment 1: rate 0.1 · 0.5, weight decay 0.01.
            assertThat(f.test.array(f.parameters)[100]).isCloseTo(before[100] * (1 - 0.05f * 0.01f), within(5e-7f));
        }
    }

    @Test
    void globalNormIsOfScaledGradientsInTheSegmentsAndClips() {
        for (int threads = 1; threads <= 2; threads++) {
            try (Fixture f = new Fixture(threads)) {
                float[] g = f.test.array(f.gradients);
                double squares = 0;
                for (Segment segment : SEGMENTS) {
                    for (int i = 0; i < segment.count(); i++) {
                        squares += Math.pow(0.5 * g[(int) segment.offset() + i], 2);
                    }
                }
                float norm = (float) Math.sqrt(squares);
                f.optimizer.globalNorm(f.buffers, 0);
                assertThat(f.get(Scalar.GRADIENT_NORM)).isCloseTo(norm, within(1e-6f * norm));
                assertThat(f.get(Scalar.GRADIENT_SCALE)).isEqualTo(0.5f);
                f.optimizer.globalNorm(f.buffers, 1000);
                assertThat(f.get(Scalar.GRADIENT_SCALE)).isEqualTo(0.5f);
                f.optimizer.globalNorm(f.buffers, 10);
                assertThat(f.get(Scalar.GRADIENT_NORM)).isCloseTo(norm, within(1e-6f * norm));
                assertThat(f.get(Scalar.GRADIENT_SCALE)).isCloseTo((float) (0.5 * 10 / (norm + 1e-6)), within(1e-7f));
            }
        }
    }

    @Test
    void clippingByValueScalesFirst() {
        try (Fixture f = new Fixture(2)) {
            float[] expected = f.test.array(f.gradients);
            for (Segment segment : SEGMENTS) {
                for (int i = (int) segment.offset(); i < segment.offset() + segment.count(); i++) {
                    expected[i] = Math.min(Math.max(0.5f * expected[i], -0.25f), 0.25f);
                }
            }
            f.optimizer.clipByValue(f.buffers, 0.25f);
            TestRuntime.assertClose(f.test.array(f.gradients), expected, 0);
            assertThat(f.get(Scalar.GRADIENT_SCALE)).isEqualTo(1);
        }
    }

    @Test
    void findsWhatIsNotFiniteAnywhereInTheSegmentsAndNowhereElse() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int position : new int[] {0, 9, 16, 30_000, 60_016, 60_038, 69_047}) {
                assertThat(found(position, bad)).as(bad + " at " + position).isEqualTo(1);
            }
            for (int position : new int[] {10, 15, 60_017, 69_048, LENGTH - 1}) {
                assertThat(found(position, bad)).as(bad + " at " + position).isEqualTo(0);
            }
        }
        assertThat(found(20, Float.MAX_VALUE)).isEqualTo(0);
    }

    private static float found(int position, float value) {
        try (Fixture f = new Fixture(2)) {
            float[] gradients = TestRuntime.normal(3, LENGTH);
            gradients[position] = value;
            f.gradients(gradients);
            f.set(Scalar.FOUND_NOT_FINITE, 0.5f);
            f.optimizer.checkFinite(f.buffers);
            return f.get(Scalar.FOUND_NOT_FINITE);
        }
    }

    @Test
    void lerpMovesTheTargetTowardsTheSource() {
        try (Fixture f = new Fixture(2)) {
            float[] target = f.test.array(f.parameters);
            float[] source = f.test.array(f.gradients);
            f.optimizer.lerp(f.parameters, f.gradients, 0.25f);
            float[] actual = f.test.array(f.parameters);
            for (int i = 0; i < LENGTH; i++) {
                assertThat(actual[i]).isEqualTo(target[i] + 0.25f * (source[i] - target[i]));
            }
        }
    }

    @Test
    void noSegmentsAreNoWork() {
        try (Fixture f = new Fixture(2)) {
            float[] before = f.everything();
            f.optimizer.sgd(new Buffers(f.parameters, f.gradients, List.of(), f.scalars), f.first, 0.9f, false);
            assertThat(Arrays.equals(f.everything(), before)).isTrue();
        }
    }
}
