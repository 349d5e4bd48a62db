package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Derivatives at bounds, kinks and extremes: PyTorch's. */
class DerivativeEdgesConformance extends TensorKit {
    private static final float INF = Float.POSITIVE_INFINITY;
    private static final float NAN = Float.NaN;

    /** @param slopes the derivative at each of {@code x} */
    private record Row(String name, UnaryOperator<Tensor> function, float[] x, float[] slopes) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Row row(String name, UnaryOperator<Tensor> function, float[] x, float... slopes) {
        return new Row(name, function, x, slopes);
    }

    private static Row row(UnaryOp op, float a, float b, float[] x, float... slopes) {
        return row(op.name(), t -> t.unary(op, a, b), x, slopes);
    }

    private static float[] at(float... x) {
        return x;
    }

    static List<Row> rows() {
        List<Row> all = new ArrayList<>();
        all.add(row(UnaryOp.RELU, 0, 0, at(-INF, -1, -0f, 0, 1e-30f, INF, NAN), 0, 0, 0, 0, 1, 1, 1));
        all.add(row(UnaryOp.HARD_TANH, 0, 6, at(-INF, -1, 0, 1e-6f, 5.9f, 6, 7, INF, NAN), 0, 0, 0, 1, 1, 0, 0, 0, 1));
        all.add(row(UnaryOp.CLAMP, -1, 2, at(-INF, -1.1f, -1, 0, 2, 2.1f, INF, NAN), 0, 0, 1, 1, 1, 0, 0, 0));
        all.add(row(UnaryOp.LEAKY_RELU, 0.1f, 0, at(-INF, -1, 0, 1, INF), 0.1f, 0.1f, 0.1f, 1, 1));
        all.add(row(UnaryOp.ELU, 0.5f, 0, at(-INF, -200, 0, 1, INF), 0, 0, 0.5f, 1, 1));
        all.add(row(UnaryOp.HARD_SIGMOID, 0, 0, at(-INF, -3, -2.9f, 2.9f, 3, INF), 0, 0, 1 / 6f, 1 / 6f, 0, 0));
        all.add(row(UnaryOp.HARD_SWISH, 0, 0, at(-1e30f, -3, 0, 3, 1e30f), 0, 0, 0.5f, 1, 1));
        all.add(row(UnaryOp.SIGMOID, 0, 0, at(-INF, -200, 0, 200, INF), 0, 0, 0.25f, 0, 0));
        all.add(row(UnaryOp.TANH, 0, 0, at(-INF, -50, 0, 50, INF), 0, 0, 1, 0, 0));
        all.add(row(UnaryOp.SILU, 0, 0, at(-1e4f, -200, 0, 200, 1e4f), 0, 0, 0.5f, 1, 1));
        all.add(row(UnaryOp.GELU, 0, 0, at(-1e4f, -100, 0, 100, 1e4f), 0, 0, 0.5f, 1, 1));
        all.add(row(UnaryOp.GELU_TANH, 0, 0, at(-1e4f, -100, 0, 100, 1e4f), 0, 0, 0.5f, 1, 1));
        all.add(row(UnaryOp.ABS, 0, 0, at(-INF, -1e-30f, 0, 1e-30f, INF), -1, -1, 0, 1, 1));
        all.add(row(UnaryOp.SQRT, 0, 0, at(0, 4, INF), INF, 0.25f, 0));
        all.add(row(UnaryOp.LOG, 0, 0, at(0, 1e-30f, 4, INF), INF, 1e30f, 0.25f, 0));
        all.add(row(UnaryOp.RECIPROCAL, 0, 0, at(1e-10f, -2, INF), -1e20f, -0.25f, 0));
        all.add(row(UnaryOp.EXP, 0, 0, at(-INF, -200, 0, 200), 0, 0, 1, INF));
        all.add(row(UnaryOp.SQUARE, 0, 0, at(0, 1e30f), 0, 2e30f));
        all.add(row("x^0", t -> t.power(0), at(-1, 0, 3), 0, 0, 0));
        all.add(row("x^1", t -> t.power(1), at(-1, 0, 3), 1, 1, 1));
        all.add(row("x^2", t -> t.power(2), at(-1, 0, 3), -2, 0, 6));
        all.add(row("x^3", t -> t.power(3), at(-2, 0), 12, 0));
        all.add(row(
                "x^2 near the range's ends", t -> t.power(2), at(1e-30f, 1e20f, INF, -INF), 2e-30f, 2e20f, INF, -INF));
        all.add(row("x^4", t -> t.power(4), at(-1e10f, 0, INF), -4e30f, 0, INF));
        all.add(row("x^(1/3)", t -> t.power(1.0 / 3), at(0, 1, INF), INF, 1 / 3f, 0));
        all.add(row("x^1.5", t -> t.power(1.5), at(0, 4, INF), 0, 3, INF));
        all.add(row("x to NaN", t -> t.clamp(NAN, 1), at(0, 4), 0, 0));
        all.add(row("x^0.5", t -> t.power(0.5), at(0, 4), INF, 0.25f));
        all.add(row("x^-1", t -> t.power(-1), at(0, 2), -INF, -0.25f));
        all.add(row("x/1e30", t -> t.divide(1e30), at(1, 1e30f), 1e-30f, 1e-30f));
        all.add(row("max", t -> t.max(), at(1, 3, 3, 2), 0, 0.5f, 0.5f, 0));
        all.add(row("max with infinity", t -> t.max(), at(-INF, INF, 0), 0, 1, 0));
        all.add(row("max with NaN", t -> t.max(), at(1, NAN, 3), 0, 1, 0));
        all.add(row("min", t -> t.min(), at(1, 1, 3, -0f), 0, 0, 0, 1));
        return all;
    }

    @ParameterizedTest
    @MethodSource("rows")
    void derivativesAtEdgesArePyTorchs(Row row) {
        // Several times over, so that both the vectors' loops and what fills none of them are tried.
        int copies = row.name.startsWith("m") ? 1 : 9;
        float[] x = repeat(row.x, copies);
        Tensor leaf = Tensor.of(x).requireGradient();
        row.function.apply(leaf).sum().backward();
        check(row.name, x, leaf.gradient().toFloatArray(), repeat(row.slopes, copies));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void noInfiniteGradientComesThroughWhereAFunctionIsCutOff(Row row) {
        if (!List.of("RELU", "HARD_TANH", "CLAMP", "HARD_SIGMOID", "HARD_SWISH").contains(row.name)) {
            return;
        }
        float[] x = repeat(row.x, 9);
        float[] infinite = new float[x.length];
        java.util.Arrays.fill(infinite, INF);
        Tensor leaf = Tensor.of(x).requireGradient();
        row.function.apply(leaf).backward(Tensor.of(infinite), false);
        float[] gradient = leaf.gradient().toFloatArray();
        for (int i = 0; i < x.length; i++) {
            float slope = row.slopes[i % row.slopes.length];
            assertThat(gradient[i]).as("%s at %s", row.name, x[i]).isEqualTo(slope == 0 ? 0 : INF);
        }
    }

    private record Pair(
            String name, BinaryOperator<Tensor> function, float x, float y, float slopeOfX, float slopeOfY) {
        @Override
        public String toString() {
            return name + " at " + x + ", " + y;
        }
    }

    static List<Pair> pairs() {
        return List.of(
                new Pair("maximum", Tensor::maximum, 2, 2, 0.5f, 0.5f),
                new Pair("maximum", Tensor::maximum, INF, 2, 1, 0),
                new Pair("maximum", Tensor::maximum, NAN, 2, 1, 1),
                new Pair("minimum", Tensor::minimum, -0f, 0, 0.5f, 0.5f),
                new Pair("minimum", Tensor::minimum, -INF, 2, 1, 0),
                new Pair("divide", Tensor::divide, 1e-25f, 1e-25f, 1e25f, -1e25f),
                new Pair("divide", Tensor::divide, 1e20f, 1e20f, 1e-20f, -1e-20f),
                new Pair("divide", Tensor::divide, 1, 0, INF, -INF),
                new Pair("divide", Tensor::divide, 0, 2, 0.5f, -0f),
                new Pair("divide", Tensor::divide, 3, INF, 0, -0f),
                new Pair("power", Tensor::power, 0, 0, 0, 0),
                new Pair("power", Tensor::power, 0, 2, 0, 0),
                new Pair("power", Tensor::power, 0, 1, 1, 0),
                new Pair("power", Tensor::power, 0, -1, -INF, -INF),
                new Pair("power", Tensor::power, 2, 3, 12, (float) (8 * Math.log(2))),
                new Pair("multiply", Tensor::multiply, INF, 2, 2, INF));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void derivativesOfTwoOperandsAtEdgesArePyTorchs(Pair pair) {
        Tensor x = Tensor.of(pair.x).requireGradient();
        Tensor y = Tensor.of(pair.y).requireGradient();
        pair.function.apply(x, y).sum().backward();
        check(pair + ", x", at(pair.x), x.gradient().toFloatArray(), at(pair.slopeOfX));
        check(pair + ", y", at(pair.y), y.gradient().toFloatArray(), at(pair.slopeOfY));
    }

    @Test
    void anInfiniteGradientReachesOnlyTheOperandThatWasTaken() {
        Tensor x = Tensor.of(1, 5).requireGradient();
        Tensor y = Tensor.of(2, 3).requireGradient();
        x.maximum(y).backward(Tensor.of(INF, INF), false);
        assertThat(x.gradient().toFloatArray()).containsExactly(0, INF);
        assertThat(y.gradient().toFloatArray()).containsExactly(INF, 0);
        Tensor z = Tensor.of(1, 4, 2).requireGradient();
        z.max().backward(Tensor.scalar(INF), false);
        assertThat(z.gradient().toFloatArray()).containsExactly(0, INF, 0);
    }

    private static void check(String what, float[] x, float[] actual, float[] expected) {
        for (int i = 0; i < x.length; i++) {
            String where = what + " at " + x[i];
            if (Float.isFinite(expected[i])) {
                // Float32 rounding of a few operations, relative to the value.
                assertThat(actual[i]).as(where).isCloseTo(expected[i], within(1e-5f * Math.abs(expected[i])));
            } else {
                assertThat(actual[i]).as(where).isEqualTo(expected[i]);
            }
        }
    }

    private static float[] repeat(float[] values, int copies) {
        float[] all = new float[values.length * copies];
        for (int i = 0; i < all.length; i++) {
            all[i] = values[i % values.length];
        }
        return all;
    }
}
