package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps.BatchNormGradient;
import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Batch normalisation, plain and fused with an addition and an activation. */
class BatchNormConformance extends Kit {
    private static final float EPSILON = 1e-5f;
    private static final float MOMENTUM = 0.1f;
    private static final Activation TANH = new Activation(UnaryOp.TANH, 0, 0);

    /** @param shape N, C, H, W */
    record Case(Shape shape, boolean residual, Activation activation) {
        @Override
        public String toString() {
            return shape + (residual ? " + residual" : "") + (activation == null ? "" : ", " + activation.op());
        }
    }

    static List<Case> cases() {
        List<Case> all = new ArrayList<>();
        for (long[] shape : new long[][] {
            {2, 3, 5, 5},
            {1, 17, 3, 4},
            {4, 24, 1, 1},
            {3, 64, 2, 3},
            {2, 1, 7, 5},
            {5, 6, 1, 2},
            {33, 17, 9, 11},
            {0, 17, 3, 3}
        }) {
            for (boolean residual : new boolean[] {false, true}) {
                all.add(new Case(Shape.of(shape), residual, null));
                all.add(new Case(Shape.of(shape), residual, Activation.RELU));
            }
        }
        all.add(new Case(Shape.of(2, 17, 3, 3), true, TANH));
        return all;
    }

    /** x, residual, scale, shift, running mean, running variance. */
    private static Values[] inputs(Shape shape) {
        Draw draw = new Draw(shape.hashCode());
        long channels = shape.size(1);
        return new Values[] {
            draw.uniform(-1, 3, shape.toArray()),
            draw.normal(shape.toArray()),
            draw.uniform(0.5, 2, channels).plain(),
            draw.normal(channels).plain(),
            draw.normal(channels).plain(),
            draw.uniform(0.5, 2, channels).plain()
        };
    }

    private static Normalized train(Case c, Device on, Storage[] in, Storage mean, Storage variance) {
        return on.neural()
                .batchNorm(
                        in[0],
                        c.residual ? in[1] : null,
                        in[2],
                        in[3],
                        mean,
                        variance,
                        MOMENTUM,
                        EPSILON,
                        c.activation);
    }

    /** Normalising divides by a deviation, so errors are of the size of √k ones. */
    private static Tolerance tolerance(Case c) {
        return Tolerance.sum(c.shape.elements() / Math.max(1, c.shape.size(1)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forwardWithTheBatchsStatistics(Case c) {
        checkForward(tolerance(c), (on, in) -> output(train(c, on, in, null, null)), inputs(c.shape));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void statisticsOfTheBatch(Case c) {
        if (c.shape.elements() == 0) {
            return;
        }
        for (boolean variance : new boolean[] {false, true}) {
            checkForward(
                    tolerance(c),
                    (on, in) -> {
                        Normalized result = train(c, on, in, null, null);
                        release(result.output());
                        release(result.saved());
                        release(variance ? result.mean() : result.variance());
                        Storage kept = variance ? result.variance() : result.mean();
                        Storage vector = on.memory().reshape(kept, Shape.of(c.shape.size(1)));
                        kept.release();
                        return vector;
                    },
                    inputs(c.shape));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void runningStatisticsMove(Case c) {
        for (boolean variance : new boolean[] {false, true}) {
            checkForward(
                    tolerance(c),
                    (on, in) -> {
                        Storage mean = on.memory().copy(in[4]);
                        Storage running = on.memory().copy(in[5]);
                        release(output(train(c, on, in, mean, running)));
                        release(variance ? mean : running);
                        return variance ? running : mean;
                    },
                    inputs(c.shape));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forwardWithGivenStatistics(Case c) {
        checkForward(
                tolerance(c),
                (on, in) -> on.neural()
                        .batchNormInference(
                                in[0], c.residual ? in[1] : null, in[2], in[3], in[4], in[5], EPSILON, c.activation),
                inputs(c.shape));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backward(Case c) {
        Values[] inputs = java.util.Arrays.copyOf(inputs(c.shape), 4);
        checkGradients(
                tolerance(c).times(3),
                (on, in) -> output(train(c, on, in, null, null)),
                (on, in, gradient) -> {
                    Normalized forward = train(c, on, in, null, null);
                    // Without an activation the caller does not keep the output.
                    Normalized kept = c.activation != null
                            ? forward
                            : new Normalized(null, forward.mean(), forward.variance(), forward.saved());
                    if (c.activation == null) {
                        forward.output().release();
                    }
                    Storage scale = target(Shape.of(c.shape.size(1)));
                    Storage shift = target(Shape.of(c.shape.size(1)));
                    BatchNormGradient result = on.neural()
                            .batchNormBackward(
                                    gradient, in[0], kept, in[2], EPSILON, c.activation, c.residual, scale, shift);
                    release(output(kept));
                    assertThat(result.residual() != null).isEqualTo(c.residual);
                    return new Storage[] {result.x(), result.residual(), scale, shift};
                },
                inputs);
    }

    @Test
    void aFarMeanDoesNotDrownTheVariance() {
        // The mean of squares less the square of the mean loses all digits here; two passes or Welford's do not.
        Values[] inputs = inputs(Shape.of(4, 17, 5, 5));
        inputs[0] = new Draw(1).uniform(999, 1001, 4, 17, 5, 5);
        Case c = new Case(inputs[0].shape(), false, null);
        // A float near 1000 is known to 6e-5, its deviation is 0.6.
        checkForward(new Tolerance(1e-3, false), (on, in) -> output(train(c, on, in, null, null)), inputs);
    }

    @Test
    void aFusedReluKeepsNaN() {
        for (boolean residual : new boolean[] {false, true}) {
            Values[] inputs = inputs(Shape.of(2, 17, 3, 3));
            inputs[0].numbers()[20] = Double.NaN;
            Case c = new Case(inputs[0].shape(), residual, Activation.RELU);
            checkForward(tolerance(c), (on, in) -> output(train(c, on, in, null, null)), inputs);
        }
    }

    @Test
    void aConstantChannelBecomesItsShift() {
        Values[] inputs = inputs(Shape.of(2, 17, 3, 3));
        java.util.Arrays.fill(inputs[0].numbers(), 2.5);
        Case c = new Case(inputs[0].shape(), false, null);
        checkForward(Tolerance.sum(1), (on, in) -> output(train(c, on, in, null, null)), inputs);
    }
}
