package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Values at zeros, infinities and NaN, where bounds cross, and where rounding once more would show: PyTorch's. */
class ValueEdgesConformance extends TensorKit {
    private static final float INF = Float.POSITIVE_INFINITY;
    private static final float NAN = Float.NaN;

    /** Exactly, signs of zeros too; several times over, so that both the vectors' loops and what fills none of them are tried. */
    private static void assertExactly(Tensor actual, float... expected) {
        float[] numbers = actual.toFloatArray();
        assertThat(numbers.length % expected.length).isZero();
        for (int i = 0; i < numbers.length; i++) {
            Float wanted = expected[i % expected.length]; // boxed: NaN is equal to NaN, and −0 is not to 0
            assertThat(numbers[i]).as("element %d", i).isEqualTo(wanted);
        }
    }

    private static Tensor repeated(float... values) {
        float[] all = new float[9 * values.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = values[i % values.length];
        }
        return Tensor.of(all);
    }

    @Test
    void activationsKeepInfinitiesAndTheLargestNumbers() {
        Tensor x = repeated(-1e30f, 1e30f, 3e38f, INF, NAN);
        assertExactly(x.unary(UnaryOp.GELU, 0, 0), -0f, 1e30f, 3e38f, INF, NAN);
        assertExactly(x.unary(UnaryOp.SILU, 0, 0), -0f, 1e30f, 3e38f, INF, NAN);
        assertExactly(x.unary(UnaryOp.HARD_SWISH, 0, 0), -0f, 1e30f, 3e38f, INF, NAN);
        assertExactly(x.unary(UnaryOp.ELU, 2, 0), -2, 1e30f, 3e38f, INF, NAN);
    }

    @Test
    void theUpperBoundCountsWhereBoundsCross() {
        Tensor x = repeated(-INF, 0, 2, 5, NAN);
        assertExactly(x.clamp(3, 1), 1, 1, 1, 1, NAN);
        assertExactly(x.unary(UnaryOp.HARD_TANH, 3, 1), 1, 1, 1, 1, NAN);
        Tensor whole = Tensor.ofInts(new int[] {0, 2, 5}, 3);
        assertThat(whole.clamp(3, 1).toLongArray()).containsExactly(1, 1, 1);
    }

    @Test
    void aBoundThatIsNoNumberMakesNone() {
        assertExactly(repeated(0, 2, INF).clamp(NAN, 1), NAN, NAN, NAN);
        assertExactly(repeated(0, 2, INF).clamp(1, NAN), NAN, NAN, NAN);
        assertExactly(Tensor.ofInts(new int[] {0, 2}, 2).clamp(NAN, 1), NAN, NAN);
    }

    @Test
    void scalarsKeepTheSignOfZero() {
        Tensor x = repeated(-0f, 0);
        assertExactly(x.multiply(2).reciprocal(), -INF, INF);
        assertExactly(x.multiply(-1).reciprocal(), INF, -INF);
        assertExactly(x.divide(2).reciprocal(), -INF, INF);
        assertExactly(x.subtract(0).reciprocal(), -INF, INF);
    }

    @Test
    void divisionByAScalarIsNoProductWithItsReciprocal() {
        Tensor x = repeated(41, -2.5f, 10);
        assertExactly(x.divide(41), 1, -2.5f / 41, 10f / 41);
        assertExactly(x.divide(0.1), 41 / 0.1f, -2.5f / 0.1f, 10 / 0.1f);
        assertExactly(x.divide(0), INF, -INF, INF);
        assertThat(x.cast(DType.BFLOAT16).divide(3).dtype()).isEqualTo(DType.BFLOAT16);
        Tensor leaf = Tensor.of(1, 2).requireGradient();
        Tensor quotient = leaf.divide(41).sum();
        leaf.set(5, 6); // backward does not need it
        quotient.backward();
        assertExactly(leaf.gradient(), 1f / 41);
    }

    @Test
    void powersOfOneAndOfMinusOneToInfinityAreOne() {
        Tensor base = Tensor.of(1, 1, 1, -1, -1, 2, 0.5f);
        Tensor exponent = Tensor.of(INF, -INF, NAN, INF, -INF, INF, INF);
        assertExactly(base.power(exponent), 1, 1, 1, 1, 1, INF, 0);
    }
}
