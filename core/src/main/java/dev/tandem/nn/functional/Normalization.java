package dev.tandem.nn.functional;

import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/** Normalisation of each example by itself, with its backward. */
public final class Normalization {
    private Normalization() {}

    /**
     * Layer normalisation (Ba et al. 2016, https://arxiv.org/abs/1607.06450) over the last axis: {@code scale · (x − mean) /
     * √(variance + epsilon) + shift}.
     *
     * @param x {@code [.., C]}
     * @param scale {@code [C]}; likewise {@code shift}
     */
    public static Tensor layerNorm(Tensor x, Tensor scale, Tensor shift, float epsilon) {
        Checks.computed("layer norm", OperationKind.LAYER_NORM, x);
        Checks.sameDevice("layer norm", x, scale, shift);
        if (x.rank() < 1 || scale.rank() != 1 || x.size(-1) != scale.size(0)) {
            throw new InputShapeException(
                    "layer norm",
                    "input " + x.shape() + " does not end in the layer's size (weight " + scale.shape()
                            + "); check the layer before it");
        }
        Checks.shape("layer norm", "shift", shift, scale.shape());
        Checks.type("layer norm", "the scale", scale, DType.FLOAT32, x);
        Checks.type("layer norm", "the shift", shift, DType.FLOAT32, x);
        NeuralOps.Normalized forward =
                x.device().neural().layerNorm(x.storage(), scale.storage(), shift.storage(), epsilon);
        Storage[] saved = {x.storage(), scale.storage(), forward.mean(), forward.variance(), forward.saved()};
        Tensor[] inputs = {x, scale, shift};
        Tensor y = Autograd.record("layer norm", x.device(), forward.output(), inputs, saved, backward -> {
            Shape size = backward.saved(1).shape();
            Storage scaleGradient = Saved.targetOrScratch(backward, 1, size);
            Storage shiftGradient = Saved.targetOrScratch(backward, 2, size);
            NeuralOps.Normalized statistics = new NeuralOps.Normalized(
                    null, Saved.storage(backward, 2), Saved.storage(backward, 3), Saved.storage(backward, 4));
            Storage gradient = backward.device()
                    .neural()
                    .layerNormBackward(
                            backward.gradient().storage(),
                            Saved.storage(backward, 0),
                            statistics,
                            Saved.storage(backward, 1),
                            epsilon,
                            scaleGradient,
                            shiftGradient);
            backward.give(0, gradient);
            backward.give(1, scaleGradient);
            backward.give(2, shiftGradient);
        });
        Saved.release(forward.mean());
        Saved.release(forward.variance());
        Saved.release(forward.saved());
        return y;
    }

    /**
     * Local response normalisation (Krizhevsky et al. 2012, section 3.3): {@code x / (k + alpha/size · Σ x²)^beta} over {@code
     * size} neighbouring channels. Alpha is divided by the size, as in PyTorch.
     *
     * @param x {@code [N, C, H, W]}
     */
    public static Tensor localResponseNorm(Tensor x, int size, float alpha, float beta, float k) {
        Checks.image("local response norm", OperationKind.LOCAL_RESPONSE_NORM, x);
        if (size < 1) {
            throw new IllegalArgumentException(
                    "local response norm: size " + size + " given; it must cover at least 1 channel");
        }
        NeuralOps.Result forward =
                x.device().neural().localResponseNorm(x.storage(), size, alpha, beta, k, Autograd.isRecording(x));
        Storage[] saved = {x.storage(), forward.output(), forward.saved()};
        Tensor[] inputs = {x};
        Tensor y = Autograd.record("local response norm", x.device(), forward.output(), inputs, saved, backward -> {
            NeuralOps.Result kept = new NeuralOps.Result(Saved.storage(backward, 1), Saved.storage(backward, 2));
            Storage gradient = backward.gradient().storage();
            backward.give(
                    0,
                    backward.device()
                            .neural()
                            .localResponseNormBackward(
                                    gradient, Saved.storage(backward, 0), kept, size, alpha, beta, k));
        });
        Saved.release(forward.saved());
        return y;
    }
}
