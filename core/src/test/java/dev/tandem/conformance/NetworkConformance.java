package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.Activation;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.nn.Losses;
import dev.tandem.nn.functional.BatchNormalization;
import dev.tandem.nn.functional.Convolution;
import dev.tandem.nn.functional.Functions;
import dev.tandem.nn.functional.Normalization;
import dev.tandem.nn.functional.Pooling;
import dev.tandem.tensor.GradCheck;
import dev.tandem.tensor.Tensor;
import java.util.function.Function;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whole small networks, smooth ones, from images to loss: gradients of every input and weight at once. */
class NetworkConformance extends TensorKit {
    private static final Activation TANH = new Activation(UnaryOp.TANH, 0, 0);
    private static final Window THREE = Window.square(3, 1, 1);

    @BeforeEach
    void skipTheReference() {
        Assumptions.assumeFalse(isReference(), "the reference has no backward");
    }

    private static Tensor normal(long seed, double scale, long... shape) {
        return tensor(new Draw(seed).normal(shape)).multiply(scale);
    }

    private static void check(Function<Tensor[], Tensor> network, Tensor... inputs) {
        // Many roundings add up on the way to the loss, which the step divides.
        GradCheck.check(new GradCheck.Options(0x1p-6f, 5e-3f), network, inputs);
    }

    @Test
    void convolutionPoolingAndLinearLayer() {
        Tensor labels = Tensor.ofLongs(new long[] {2, 0}, 2);
        check(
                in -> {
                    Tensor y = Convolution.convolution(in[0], in[1], in[2], THREE, 1, TANH);
                    y = Pooling.pool(PoolKind.AVERAGE, y, Window.square(2, 2, 0));
                    y = Convolution.convolution(y, in[3], null, Window.square(2, 1, 0), 1, TANH);
                    return Losses.crossEntropy(y.flatten(1).linear(in[4], in[5], null), labels);
                },
                normal(1, 1, 2, 2, 4, 5),
                normal(2, 0.3, 6, 2, 3, 3),
                normal(3, 0.1, 6),
                normal(4, 0.3, 5, 6, 2, 2),
                normal(5, 0.5, 3, 5),
                normal(6, 0.1, 3));
    }

    @Test
    void aResidualBlockWithBatchNorm() {
        check(
                in -> {
                    Tensor y = Convolution.convolution(in[0], in[1], null, THREE, 1, null);
                    y = BatchNormalization.training(y, in[0], in[2], in[3], null, null, 0.1f, 1e-2f, TANH);
                    return Pooling.globalAverage(y.multiply(in[0])).square();
                },
                normal(1, 1, 2, 3, 3, 2),
                normal(2, 0.3, 3, 3, 3, 3),
                normal(3, 0.1, 3).add(1),
                normal(4, 0.1, 3));
    }

    @Test
    void batchNormOnRunningStatistics() {
        Tensor mean = normal(5, 0.3, 3);
        Tensor variance = normal(6, 0.1, 3).add(1);
        check(
                in -> BatchNormalization.inference(in[0], in[1], in[2], in[3], mean, variance, 1e-5f, TANH),
                normal(1, 1, 2, 3, 2, 2),
                normal(2, 1, 2, 3, 2, 2),
                normal(3, 0.1, 3).add(1),
                normal(4, 0.1, 3));
    }

    @Test
    void depthwiseSeparableConvolutionAndLocalResponseNorm() {
        check(
                in -> {
                    Tensor y = Convolution.convolution(in[0], in[1], null, THREE, 5, null);
                    y = Convolution.convolution(y.tanh(), in[2], in[3], Window.square(1, 1, 0), 1, null);
                    return Normalization.localResponseNorm(y, 3, 0.5f, 0.75f, 1);
                },
                normal(1, 1, 1, 5, 3, 3),
                normal(2, 0.5, 5, 1, 3, 3),
                normal(3, 0.5, 4, 5, 1, 1),
                normal(4, 0.1, 4));
    }

    @Test
    void anAttentionBlock() {
        check(
                in -> {
                    Tensor x = Normalization.layerNorm(in[0], in[1], in[2], 1e-2f);
                    Tensor heads =
                            x.linear(in[3], null, null).reshape(2, 3, 3, 2, 2).permute(2, 0, 3, 1, 4);
                    Tensor y = Functions.attention(heads.select(0, 0), heads.select(0, 1), heads.select(0, 2), 0.7f);
                    return in[0].add(y.permute(0, 2, 1, 3).reshape(2, 3, 4));
                },
                normal(1, 1, 2, 3, 4),
                normal(2, 0.1, 4).add(1),
                normal(3, 0.1, 4),
                normal(4, 0.5, 12, 4));
    }

    @Test
    void oneInputForSeveralBranches() {
        check(
                in -> {
                    Tensor narrow = Convolution.convolution(in[0], in[1], null, Window.square(1, 1, 0), 1, TANH);
                    Tensor wide = Convolution.convolution(in[0], in[2], null, THREE, 1, TANH);
                    Tensor pooled = Pooling.pool(PoolKind.AVERAGE_WITH_PADDING, in[0], THREE);
                    return Tensor.concat(1, narrow, wide, pooled)
                            .slice(1, 1, 8, 2)
                            .square();
                },
                normal(1, 1, 1, 3, 3, 3),
                normal(2, 0.5, 2, 3, 1, 1),
                normal(3, 0.3, 4, 3, 3, 3));
    }

    @Test
    void aReluNetworkAgreesWithItsParts() {
        // Fused and unfused give the same gradients, bit for bit nearly: the ReLU's corner falls on the same side.
        Tensor x = normal(1, 1, 2, 17, 5, 5).requireGradient();
        Tensor w = normal(2, 0.2, 24, 17, 3, 3).requireGradient();
        Tensor b = normal(3, 0.2, 24).requireGradient();
        Pooling.pool(PoolKind.MAX, Convolution.convolution(x, w, b, THREE, 1, Activation.RELU), Window.square(3, 2, 1))
                .square()
                .sum()
                .backward();
        float[][] fused = {gradient(x), gradient(w), gradient(b)};
        Tensor y = Convolution.convolution(x, w, null, THREE, 1, null)
                .add(b.reshape(24, 1, 1))
                .relu();
        Pooling.pool(PoolKind.MAX, y, Window.square(3, 2, 1)).square().sum().backward();
        float[][] plain = {gradient(x), gradient(w), gradient(b)};
        for (int i = 0; i < 3; i++) {
            double[] expected = new double[plain[i].length];
            double[] actual = new double[plain[i].length];
            for (int k = 0; k < expected.length; k++) {
                expected[k] = plain[i][k];
                actual[k] = fused[i][k];
            }
            Tolerance.sum(100).check("gradient " + i, shape(expected.length), expected, actual);
        }
        assertThat(x.gradient()).isNull();
    }

    private static float[] gradient(Tensor leaf) {
        float[] values = leaf.gradient().toFloatArray();
        leaf.clearGradient();
        return values;
    }
}
