package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.nn.LossReduction;
import dev.tandem.nn.Losses;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Integer tensors: what scalars, functions and reductions make of them. */
class IntegerConformance extends TensorKit {
    private static Tensor bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return Tensor.ofBytes(bytes, bytes.length);
    }

    private static Tensor ints(int... values) {
        return Tensor.ofInts(values, values.length);
    }

    private static Tensor longs(long... values) {
        return Tensor.ofLongs(values, values.length);
    }

    private static void assertLongs(Tensor tensor, DType dtype, long... expected) {
        assertThat(tensor.dtype()).isEqualTo(dtype);
        assertThat(tensor.toLongArray()).containsExactly(expected);
    }

    @Test
    void sumsOfWholeNumbersAreInt64() {
        assertLongs(Tensor.ones(300).equalTo(Tensor.ones(300)).sum(), DType.INT64, 300);
        assertLongs(ints(Integer.MAX_VALUE, Integer.MAX_VALUE).sum(), DType.INT64, 4294967294L);
        assertLongs(bytes(200, 100, 50).reshape(3, 1).sum(0), DType.INT64, 350);
        assertLongs(longs(Long.MAX_VALUE - 1, 1).sum(), DType.INT64, Long.MAX_VALUE);
        assertLongs(bytes(3, 200).max(), DType.UINT8, 200);
    }

    @Test
    void meansOfWholeNumbersAreFloat32OfExactSums() {
        Tensor share = Tensor.ones(400).less(Tensor.arange(400)).mean();
        assertThat(share.dtype()).isEqualTo(DType.FLOAT32);
        assertThat(share.item()).isEqualTo(398f / 400);
        assertValues(bytes(255, 255, 0, 0).reshape(2, 2).mean(0), 127.5, 127.5);
    }

    @Test
    void comparisonsWithScalarsCompareNumbers() {
        assertLongs(ints(0, 1).less(0.5), DType.UINT8, 1, 0);
        assertLongs(ints(0, 1, -1).greater(-0.5), DType.UINT8, 1, 1, 0);
        assertLongs(ints(0, 1).equalTo(0.5), DType.UINT8, 0, 0);
        assertLongs(bytes(0, 255).less(300), DType.UINT8, 1, 1);
        assertLongs(bytes(0, 255).greater(300), DType.UINT8, 0, 0);
        assertLongs(bytes(255).equalTo(-1), DType.UINT8, 0);
        assertLongs(bytes(44).equalTo(300), DType.UINT8, 0);
        assertLongs(bytes(0).greater(-1), DType.UINT8, 1);
        assertLongs(bytes(0).less(-1), DType.UINT8, 0);
        assertLongs(ints(Integer.MAX_VALUE).less(1e10), DType.UINT8, 1);
        assertLongs(longs(Long.MAX_VALUE).less(0x1p63), DType.UINT8, 1);
        assertLongs(longs(Long.MAX_VALUE, Long.MIN_VALUE).greater(-0x1p63), DType.UINT8, 1, 0);
        assertLongs(longs((1L << 53) + 1).equalTo(0x1p53), DType.UINT8, 0);
        assertLongs(ints(5).less(Double.POSITIVE_INFINITY), DType.UINT8, 1);
        assertLongs(ints(5).greater(Double.NEGATIVE_INFINITY), DType.UINT8, 1);
        assertLongs(ints(5).less(Double.NaN), DType.UINT8, 0);
        assertLongs(ints(5).equalTo(Double.NaN), DType.UINT8, 0);
    }

    @Test
    void wholeScalarsKeepIntegersExact() {
        assertLongs(ints(49, 41, 98, -50).divide(49), DType.INT32, 1, 0, 2, -1);
        assertLongs(longs((1L << 60) + 7).divide(7), DType.INT64, ((1L << 60) + 7) / 7);
        assertLongs(longs(0).add(16777217), DType.INT64, 16777217);
        assertLongs(longs(16777217).add(1), DType.INT64, 16777218);
        assertLongs(longs(1L << 60).subtract(1), DType.INT64, (1L << 60) - 1);
        assertLongs(ints(16777217).multiply(3), DType.INT32, 50331651);
        assertLongs(longs(3).power(33), DType.INT64, 5559060566555523L);
        assertLongs(longs((1L << 60) + 1).clamp(0, 0x1p61), DType.INT64, (1L << 60) + 1);
        assertLongs(ints(-3, 3, 9).clamp(0, 5), DType.INT32, 0, 3, 5);
        assertLongs(ints(-3, 9).clamp(0, Double.POSITIVE_INFINITY), DType.INT32, 0, 9);
        assertLongs(bytes(250).add(10), DType.UINT8, 4);
    }

    @Test
    void scalarsThatATypeDoesNotHoldWidenIt() {
        assertLongs(bytes(255).add(300), DType.INT32, 555);
        assertLongs(bytes(2).multiply(-1), DType.INT32, -2);
        assertLongs(ints(1).add(1e10), DType.INT64, 10000000001L);
        assertLongs(bytes(3).clamp(-5, 300), DType.UINT8, 3);
    }

    @Test
    void fractionalScalarsMakeFloat32() {
        assertThat(ints(1).add(0.5).dtype()).isEqualTo(DType.FLOAT32);
        assertValues(ints(1, 2).add(0.5), 1.5, 2.5);
        assertValues(ints(1, 2).subtract(0.5), 0.5, 1.5);
        assertValues(bytes(1, 255).multiply(0.5), 0.5, 127.5);
        assertValues(longs(3).divide(0.5), 6);
        assertValues(ints(4).power(0.5), 2);
        assertValues(ints(2).power(-1), 0.5);
        assertValues(ints(-3, 3).clamp(-0.5, 1.5), -0.5, 1.5);
        assertValues(ints(3).linear(0.5f, 0), 1.5);
    }

    @Test
    void functionsWhoseValuesAreNoIntegersMakeFloat32() {
        assertValues(ints(0, 1).exp(), 1, Math.E);
        assertValues(bytes(4, 9).sqrt(), 2, 3);
        assertValues(longs(4).reciprocal(), 0.25);
        assertValues(ints(0).sigmoid(), 0.5);
        assertLongs(ints(-4, 5).abs(), DType.INT32, 4, 5);
    }

    @Test
    void integersByZeroAreRefusedWithAScalar() {
        assertThatThrownBy(() -> ints(1).divide(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("divide")
                .hasMessageContaining("FLOAT32");
    }

    @Test
    void numbersThatATypeDoesNotHoldAreNoElementsOfIt() {
        assertThatThrownBy(() -> Tensor.full(device, 300, DType.UINT8, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("300")
                .hasMessageContaining("255");
        assertThatThrownBy(() -> Tensor.full(device, 0.5, DType.INT32, 2)).hasMessageContaining("0.5");
        assertThatThrownBy(() -> Tensor.full(device, 0x1p63, DType.INT64, 2))
                .hasMessageContaining(Long.MIN_VALUE + " to " + Long.MAX_VALUE);
    }

    @Test
    void labelsMayBeBytes() {
        Tensor scores = Tensor.of(new float[] {1, 2, 3, 4, 5, 7}, 2, 3);
        float expected = Losses.crossEntropy(scores, longs(2, 0)).item();
        assertThat(Losses.crossEntropy(scores, bytes(2, 0)).item()).isEqualTo(expected);
        assertThat(Losses.multiClassHinge(scores, bytes(2, 0), 1, LossReduction.SUM)
                        .item())
                .isEqualTo(Losses.multiClassHinge(scores, longs(2, 0), 1, LossReduction.SUM)
                        .item());
    }
}
