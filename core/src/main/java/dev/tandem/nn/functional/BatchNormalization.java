package dev.tandem.nn.functional;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/**
 * Batch normalisation (Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167) with its backward: {@code activation(scale ·
 * (x − mean) / √(variance + epsilon) + shift + residual)}, statistics over N, H and W.
 */
public final class BatchNormalization {
    private BatchNormalization() {}

    /**
     * With the batch's own statistics, which also move the running ones.
     *
     * @param x {@code [N, C, H, W]}
     * @param residual of x's shape, or null
     * @param scale {@code [C]}; likewise {@code shift}
     * @param runningMean {@code [C]}, or null for none; likewise {@code runningVariance}
     * @param momentum share of the batch in the new running statistics
     * @param activation or null
     */
    public static Tensor training(
            Tensor x,
            Tensor residual,
            Tensor scale,
            Tensor shift,
            Tensor runningMean,
            Tensor runningVariance,
            float momentum,
            float epsilon,
            Activation activation) {
        check(x, residual, scale, shift, runningMean, runningVariance);
        if (x.size(0) * x.size(2) * x.size(3) == 1) {
            throw new InputShapeException(
                    "batch norm",
                    "input " + x.shape() + " has one value a channel, whose variance says nothing; train with a larger"
                            + " batch, or on running statistics");
        }
        NeuralOps.Normalized forward = x.device()
                .neural()
                .batchNorm(
                        x.storage(),
                        storage(residual),
                        scale.storage(),
                        shift.storage(),
                        storage(runningMean),
                        storage(runningVariance),
                        momentum,
                        epsilon,
                        activation);
        if (runningMean != null) {
            runningMean.storage().changed("the running statistics of a batch norm in training");
            runningVariance.storage().changed("the running statistics of a batch norm in training");
        }
        // The output is needed only to go back through the activation: without one it need not stay in memory.
        Storage[] saved = {
            x.storage(),
            scale.storage(),
            activation == null ? null : forward.output(),
            forward.mean(),
            forward.variance(),
            forward.saved()
        };
        Tensor[] inputs = {x, residual, scale, shift};
        Tensor y = Autograd.record("batch norm", x.device(), forward.output(), inputs, saved, backward -> {
            boolean residualWanted = backward.needs(1);
            Shape channels = backward.saved(1).shape();
            Storage scaleGradient = Saved.targetOrScratch(backward, 2, channels);
            Storage shiftGradient = Saved.targetOrScratch(backward, 3, channels);
            NeuralOps.BatchNormGradient gradient = backward.device()
                    .neural()
                    .batchNormBackward(
                            backward.gradient().storage(),
                            backward.saved(0).storage(),
                            new NeuralOps.Normalized(
                                    Saved.storage(backward, 2),
                                    Saved.storage(backward, 3),
                                    Saved.storage(backward, 4),
                                    Saved.storage(backward, 5)),
                            backward.saved(1).storage(),
                            epsilon,
                            activation,
                            residualWanted,
                            scaleGradient,
                            shiftGradient);
            backward.give(0, gradient.x());
            if (residualWanted) {
                backward.give(1, gradient.residual());
            }
            backward.give(2, scaleGradient);
            backward.give(3, shiftGradient);
        });
        Saved.release(forward.mean());
        Saved.release(forward.variance());
        Saved.release(forward.saved());
        return y;
    }

    /**
     * With given statistics, as in evaluation, or in training with frozen ones. Parameters as in {@link #training}; the
     * statistics get no gradient.
     */
    public static Tensor inference(
            Tensor x,
            Tensor residual,
            Tensor scale,
            Tensor shift,
            Tensor mean,
            Tensor variance,
            float epsilon,
            Activation activation) {
        check(x, residual, scale, shift, mean, variance);
        Storage y = x.device()
                .neural()
                .batchNormInference(
                        x.storage(),
                        storage(residual),
                        scale.storage(),
                        shift.storage(),
                        mean.storage(),
                        variance.storage(),
                        epsilon,
                        activation);
        Storage[] saved = {
            Autograd.isRecording(scale) ? x.storage() : null,
            scale.storage(),
            activation == null ? null : y,
            mean.storage(),
            variance.storage()
        };
        Tensor[] inputs = {x, residual, scale, shift};
        return Autograd.record("batch norm", x.device(), y, inputs, saved, backward -> {
            Tensor gradient = FusedActivation.before(backward, activation, backward.saved(2));
            Tensor perDeviation = backward.saved(4).add(epsilon).power(-0.5);
            if (backward.needs(0)) {
                backward.give(0, gradient.multiply(channels(backward.saved(1).multiply(perDeviation))));
            }
            backward.give(1, gradient);
            if (backward.needs(2)) {
                Tensor centred = backward.saved(0).subtract(channels(backward.saved(3)));
                backward.give(2, gradient.multiply(centred).sum(0, 2, 3).multiply(perDeviation));
            }
            if (backward.needs(3)) {
                backward.give(3, gradient.sum(0, 2, 3));
            }
        });
    }

    /** {@code [C] → [C, 1, 1]}, which broadcasts against images. */
    private static Tensor channels(Tensor vector) {
        return vector.reshape(-1, 1, 1);
    }

    private static Storage storage(Tensor tensor) {
        return tensor == null ? null : tensor.storage();
    }

    private static void check(Tensor x, Tensor residual, Tensor scale, Tensor shift, Tensor mean, Tensor variance) {
        Checks.image("batch norm", OperationKind.BATCH_NORM, x);
        Checks.sameDevice("batch norm", x, residual, scale, shift, mean, variance);
        if (scale.rank() != 1 || x.size(1) != scale.size(0)) {
            throw new InputShapeException(
                    "batch norm",
                    "input has " + x.size(1) + " channels, the layer expects " + scale.size(0) + " (weight "
                            + scale.shape() + "); check the layer before it");
        }
        Checks.shape("batch norm", "shift", shift, scale.shape());
        Checks.shape("batch norm", "mean", mean, scale.shape());
        Checks.shape("batch norm", "variance", variance, scale.shape());
        Checks.shape("batch norm", "residual", residual, x.shape());
        Checks.type("batch norm", "the scale", scale, DType.FLOAT32, x);
        Checks.type("batch norm", "the shift", shift, DType.FLOAT32, x);
        Checks.type("batch norm", "the mean", mean, DType.FLOAT32, x);
        Checks.type("batch norm", "the variance", variance, DType.FLOAT32, x);
        Checks.type("batch norm", "the residual", residual, x.dtype(), x);
    }
}
