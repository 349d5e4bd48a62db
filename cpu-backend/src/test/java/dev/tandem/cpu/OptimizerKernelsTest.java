package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.cpu.OptimizerKernels.Step;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Vector loops and their scalar twins agree bit for bit; sums, which add in another order, almost. */
class OptimizerKernelsTest {
    private static final Step STEP = new Step(0.1f, 0.5f, 0.01f, 0.002f, 3);

    private interface Loop {
        void run(OptimizerKernels loops, long p, long g, long a, long b, int count);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 16, 33, 1000, 1027})
    void vectorLoopsGiveWhatScalarLoopsGive(int count) {
        compare(count, (l, p, g, a, b, n) -> l.sgd(STEP, p, g, 0, n, 0, false));
        compare(count, (l, p, g, a, b, n) -> l.sgd(STEP, p, g, a, n, 0.9f, false));
        compare(count, (l, p, g, a, b, n) -> l.sgd(STEP, p, g, a, n, 0.9f, true));
        compare(count, (l, p, g, a, b, n) -> l.adaGrad(STEP, p, g, a, n, 1e-3f));
        compare(count, (l, p, g, a, b, n) -> l.adaDelta(STEP, p, g, a, b, n, 0.9f, 1e-3f));
        compare(count, (l, p, g, a, b, n) -> l.rmsProp(STEP, p, g, a, 0, n, 0.9f, 1e-3f, 0));
        compare(count, (l, p, g, a, b, n) -> l.rmsProp(STEP, p, g, a, b, n, 0.9f, 1e-3f, 0.9f));
        compare(count, (l, p, g, a, b, n) -> l.adam(STEP, p, g, b, a, n, 0.9f, 0.99f, 1e-8f, 1.5f, 0.99f));
        compare(count, (l, p, g, a, b, n) -> l.lars(STEP, p, g, a, n, 0.9f));
        compare(count, (l, p, g, a, b, n) -> l.lerp(p, g, n, 0.3f));
        compare(count, (l, p, g, a, b, n) -> l.clip(p, n, 0.9f, 0.5f));
    }

    private static void compare(int count, Loop loop) {
        TestRuntime.assertClose(
                run(Kernels.of(OptimizerKernels.class, true), count, loop),
                run(Kernels.of(OptimizerKernels.class, false), count, loop),
                0);
    }

    private static float[] run(OptimizerKernels loops, int count, Loop loop) {
        try (TestRuntime test = new TestRuntime(1)) {
            CpuStorage all = test.floats(TestRuntime.normal(1, 4 * count + 4));
            float[] squares = TestRuntime.normal(2, count);
            for (int i = 0; i < count; i++) {
                NativeMemory.ALL.set(
                        java.lang.foreign.ValueLayout.JAVA_FLOAT,
                        all.address + 4L * (2 * count + i),
                        squares[i] * squares[i]);
            }
            NativeMemory.ALL.set(java.lang.foreign.ValueLayout.JAVA_FLOAT, all.address, Float.NaN);
            if (count > 3) {
                NativeMemory.ALL.set(java.lang.foreign.ValueLayout.JAVA_FLOAT, all.address + 4, 0f);
                NativeMemory.ALL.set(java.lang.foreign.ValueLayout.JAVA_FLOAT, all.address + 8, -0f);
            }
            long size = 4L * count;
            loop.run(loops, all.address, all.address + size, all.address + 2 * size, all.address + 3 * size, count);
            return test.array(all);
        }
    }

    @Test
    void sumsAgree() {
        OptimizerKernels vector = Kernels.of(OptimizerKernels.class, true);
        OptimizerKernels scalar = Kernels.of(OptimizerKernels.class, false);
        try (TestRuntime test = new TestRuntime(1)) {
            long p = test.floats(TestRuntime.normal(1, 1027)).address;
            long g = test.floats(TestRuntime.normal(2, 1027)).address;
            double squares = scalar.sumOfSquares(p, 1027);
            // A thousand float32 numbers in 8 or 16 sums.
            assertThat(vector.sumOfSquares(p, 1027)).isCloseTo(squares, within(1e-6 * squares));
            assertThat(vector.gradientSquares(STEP, p, g, 1027))
                    .isCloseTo(scalar.gradientSquares(STEP, p, g, 1027), within(1e-6 * squares));
            assertThat(vector.allFinite(p, 1027)).isTrue();
            assertThat(scalar.allFinite(p, 1027)).isTrue();
        }
    }

    @Test
    void testsRunWithTheVectorApi() {
        assertThat(Kernels.areVectors()).isTrue();
    }
}
