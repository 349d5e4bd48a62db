package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.ReduceOp;
import dev.tandem.tensor.Shape;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Shapes large enough for every way to share the work out; the conformance kit has the small ones. */
class ReductionTest {
    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of(Shape.of(100_003), new int[] {0}),
                Arguments.of(Shape.of(3, 70_001), new int[] {1}),
                Arguments.of(Shape.of(3, 70_001), new int[] {0}),
                Arguments.of(Shape.of(20_001, 10), new int[] {1}),
                Arguments.of(Shape.of(20_001, 10), new int[] {0}),
                Arguments.of(Shape.of(1_500, 64), new int[] {0}),
                Arguments.of(Shape.of(1_025, 3), new int[] {0}),
                Arguments.of(Shape.of(700, 1_100), new int[] {0}),
                Arguments.of(Shape.of(300, 49), new int[] {1}),
                Arguments.of(Shape.of(7, 601, 5), new int[] {1}),
                Arguments.of(Shape.of(7, 601, 5), new int[] {0, 2}),
                Arguments.of(Shape.of(5, 24, 17, 19), new int[] {0, 2, 3}),
                Arguments.of(Shape.of(5, 24, 17, 19), new int[] {2, 3}),
                Arguments.of(Shape.of(5, 24, 17, 19), new int[] {1}),
                Arguments.of(Shape.of(5, 24, 17, 19), new int[] {0, 2}),
                Arguments.of(Shape.of(5, 24, 17, 19), new int[] {1, 3}),
                Arguments.of(Shape.of(5, 24, 17, 19), new int[] {}),
                Arguments.of(Shape.of(1, 1, 1, 1), new int[] {0, 1, 2, 3}),
                Arguments.of(Shape.of(), new int[] {}));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void largeShapesInBothOrders(Shape shape, int[] axes) {
        float[] values = TestRuntime.normal(1, (int) shape.elements());
        for (Order order : Order.values()) {
            if (order == Order.CHANNELS_LAST && shape.rank() != 4) {
                continue;
            }
            try (TestRuntime test = new TestRuntime(2)) {
                CpuStorage plain = test.floats(shape, values);
                CpuStorage x = test.runtime.in(order, plain);
                for (ReduceOp op : ReduceOp.values()) {
                    CpuStorage result = new Reduction(test.runtime).reduce(op, x, axes);
                    assertThat(result.shape()).isEqualTo(shape.reduced(axes));
                    TestStorages.assertClose(
                            op + " in " + order, test.array(result), expected(op, shape, values, axes), 3e-5);
                    result.release();
                }
                x.release();
            }
        }
    }

    private static double[] expected(ReduceOp op, Shape shape, float[] values, int[] axes) {
        Shape to = shape.reduced(axes);
        double[] results = new double[(int) to.elements()];
        boolean[] begun = new boolean[results.length];
        long[] strides = shape.strides();
        long[] steps = to.strides();
        for (int i = 0; i < values.length; i++) {
            int at = 0;
            for (int axis = 0; axis < shape.rank(); axis++) {
                at += to.size(axis) == 1 ? 0 : (int) (i / strides[axis] % shape.size(axis) * steps[axis]);
            }
            double so = results[at];
            results[at] = !begun[at]
                    ? values[i]
                    : op == ReduceOp.MAX
                            ? Math.max(so, values[i])
                            : op == ReduceOp.MIN ? Math.min(so, values[i]) : so + values[i];
            begun[at] = true;
        }
        if (op == ReduceOp.MEAN) {
            for (int i = 0; i < results.length; i++) {
                results[i] *= (double) results.length / values.length;
            }
        }
        return results;
    }

    @Test
    void sumsAreTheSameWithAnyNumberOfThreads() {
        float[] values = TestRuntime.normal(1, 8 * 48 * 41 * 41);
        for (int[] axes : new int[][] {{0, 1, 2, 3}, {0, 2, 3}, {2, 3}, {1}}) {
            float[] first = null;
            for (int threads = 1; threads <= 4; threads++) {
                try (TestRuntime test = new TestRuntime(threads)) {
                    CpuStorage x = test.floats(Shape.of(8, 48, 41, 41), values);
                    CpuStorage sum = new Reduction(test.runtime).reduce(ReduceOp.SUM, x, axes);
                    float[] numbers = test.array(sum);
                    sum.release();
                    first = first == null ? numbers : first;
                    assertThat(numbers).isEqualTo(first);
                }
            }
        }
    }

    /** A plain float32 loop would stop counting at 2²⁴. */
    @Test
    void aMillionTimesSixteenOnesIsExact() {
        try (TestRuntime test = new TestRuntime(2)) {
            Shape shape = Shape.of(1 << 20, 17);
            CpuStorage x = test.floats(shape);
            Fill.fill(test.runtime, x, 1);
            CpuStorage all = new Reduction(test.runtime).reduce(ReduceOp.SUM, x, 0, 1);
            CpuStorage columns = new Reduction(test.runtime).reduce(ReduceOp.SUM, x, 0);
            assertThat(test.array(all)).containsExactly(17f * (1 << 20));
            assertThat(test.array(columns)).containsOnly(1 << 20);
            test.release(all, columns);
        }
    }

    @Test
    void extremesAndTheirPlacesShowNaN() {
        try (TestRuntime test = new TestRuntime(1)) {
            float[] values = TestRuntime.normal(1, 5 * 100);
            values[137] = Float.NaN;
            values[190] = Float.NaN;
            values[250] = 77;
            values[270] = 77;
            CpuStorage x = test.floats(Shape.of(5, 100), values);
            CpuStorage max = new Reduction(test.runtime).reduce(ReduceOp.MAX, x, 1);
            CpuStorage min = new Reduction(test.runtime).reduce(ReduceOp.MIN, x, 1);
            CpuStorage places = ArgMax.run(test.runtime, x, 1);
            assertThat(test.array(max)[1]).isNaN();
            assertThat(test.array(max)[2]).isEqualTo(77);
            assertThat(test.array(min)[1]).isNaN();
            assertThat(test.array(min)[2]).isGreaterThan(-10);
            assertThat(test.longArray(places)[1]).isEqualTo(37);
            assertThat(test.longArray(places)[2]).isEqualTo(50);
            test.release(max, min, places);
        }
    }
}
