package dev.tandem.conformance;

import dev.tandem.backend.ReduceOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums, means and extremes over every set of axes; the index of the largest. */
class ReduceConformance extends Kit {
    private static final long[][] SHAPES = {
        {}, {1}, {7}, {1027}, {4, 24}, {33, 1}, {2, 17, 3, 5}, {1, 24, 4, 4}, {2, 1, 1, 1}, {2, 3, 4, 5, 2}
    };

    private static List<int[]> subsets(int rank) {
        List<int[]> result = new ArrayList<>();
        for (int bits = 0; bits < 1 << rank; bits++) {
            int set = bits;
            result.add(java.util.stream.IntStream.range(0, rank)
                    .filter(axis -> (set >> axis & 1) == 1)
                    .toArray());
        }
        return result;
    }

    @ParameterizedTest
    @EnumSource
    void overEverySetOfAxes(ReduceOp op) {
        for (long[] shape : SHAPES) {
            Values x = new Draw(1).normal(shape);
            for (int[] axes : subsets(shape.length)) {
                Tolerance tolerance =
                        op == ReduceOp.MAX || op == ReduceOp.MIN ? Tolerance.EXACT : Tolerance.sum(x.numbers().length);
                checkForward(tolerance, (on, in) -> on.math().reduce(op, in[0], axes), x);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void overNothing(ReduceOp op) {
        for (long[] shape : new long[][] {{0}, {3, 0}, {0, 3}, {0, 17, 2, 2}, {2, 17, 0, 3}}) {
            for (int[] axes : subsets(shape.length)) {
                checkForward(Tolerance.EXACT, (on, in) -> on.math().reduce(op, in[0], axes), new Draw(2).normal(shape));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void halvesAreComputedInFloat32(ReduceOp op) {
        for (DType dtype : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
            Values x = new Draw(3).uniform(0, 1, 40, 50).as(dtype);
            for (int[] axes : subsets(2)) {
                // A sum of thousands in 8 bits would stop growing at 256: it must be kept in float32.
                checkForward(Tolerance.elementwise(dtype), (on, in) -> on.math().reduce(op, in[0], axes), x);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SUM", "MAX", "MIN"})
    void integersStayExact(ReduceOp op) {
        for (DType dtype : new DType[] {DType.INT32, DType.INT64, DType.UINT8}) {
            Values x = new Draw(4).integers(dtype, dtype == DType.UINT8 ? 0 : -9, 9, 3, 5, 2);
            for (int[] axes : subsets(3)) {
                checkForward(Tolerance.EXACT, (on, in) -> on.math().reduce(op, in[0], axes), x);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void NaNAndInfinityShow(ReduceOp op) {
        double inf = Double.POSITIVE_INFINITY;
        double[][] lines = {
            {1, Double.NaN, 3},
            {Double.NaN, 1, 2},
            {1, 2, Double.NaN},
            {inf, 1, 2},
            {-inf, 5, -inf},
            {inf, -inf, 1},
            {-inf, -inf, -inf},
            {inf, inf, inf}
        };
        for (double[] line : lines) {
            for (long[] shape : new long[][] {{1, 3}, {3, 1}, {1, 3, 1, 1}, {1, 1, 3, 1}}) {
                for (int[] axes : subsets(shape.length)) {
                    checkForward(
                            Tolerance.EXACT,
                            (on, in) -> on.math().reduce(op, in[0], axes),
                            Values.of(Shape.of(shape), line));
                }
            }
        }
    }

    @Test
    void aNaNAmongManyShowsInTheMaximum() {
        for (int at : new int[] {0, 1, 7, 500, 1026}) {
            Values x = new Draw(5).normal(1027);
            x.numbers()[at] = Double.NaN;
            for (ReduceOp op : ReduceOp.values()) {
                checkForward(Tolerance.EXACT, (on, in) -> on.math().reduce(op, in[0], 0), x);
            }
        }
    }

    @Test
    void sumsOfManyStayAccurate() {
        Values x = new Draw(6).uniform(0.5, 1.5, 100_000);
        // Plain float32 summation of 10^5 ones errs by some 1e-3; blocks or pairs by 1e-6.
        for (ReduceOp op : new ReduceOp[] {ReduceOp.SUM, ReduceOp.MEAN}) {
            checkForward(new Tolerance(1e-4, false), (on, in) -> on.math().reduce(op, in[0], 0), x);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void argmaxIsTheFirstLargest(boolean ties) {
        for (long[] shape :
                new long[][] {{1}, {1027}, {4, 24}, {33, 1}, {2, 17, 3, 5}, {1, 24, 4, 4}, {0, 5}, {3, 4, 5}}) {
            Values x = ties
                    ? Values.of(
                            Shape.of(shape),
                            new Draw(7).integers(DType.FLOAT32, -2, 2, shape).numbers())
                    : new Draw(8).normal(shape);
            for (int axis = 0; axis < shape.length; axis++) {
                int along = axis;
                if (shape[axis] > 0) {
                    checkForward(Tolerance.EXACT, (on, in) -> on.math().argmax(in[0], along), x);
                }
            }
        }
    }

    @Test
    void argmaxOfNegativeAndInfiniteNumbers() {
        double inf = Double.POSITIVE_INFINITY;
        Values x = Values.of(Shape.of(3, 3), -5, -3, -4, -inf, -inf, -inf, 1, inf, inf);
        checkForward(Tolerance.EXACT, (on, in) -> on.math().argmax(in[0], 1), x);
        checkForward(Tolerance.EXACT, (on, in) -> on.math().argmax(in[0], 0), x);
    }

    @Test
    void argmaxTakesEveryType() {
        for (DType dtype : DType.values()) {
            Values x = new Draw(9).integers(dtype, 0, 200, 4, 9);
            checkForward(Tolerance.EXACT, (on, in) -> on.math().argmax(in[0], 1), x);
        }
    }
}
