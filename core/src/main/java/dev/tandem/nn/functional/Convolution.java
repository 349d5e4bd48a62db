package dev.tandem.nn.functional;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Backward;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/** 2-D convolution with its backward. */
public final class Convolution {
    private Convolution() {}

    /**
     * Slides kernels over images.
     *
     * @param x {@code [N, C, H, W]}
     * @param weight {@code [O, C / groups, kernelHeight, kernelWidth]}
     * @param bias {@code [O]}, or null
     * @param groups both channel counts are divided among so many independent convolutions
     * @param activation applied last, or null
     * @return {@code [N, O, H', W']}, see {@link Window}
     * @throws dev.tandem.tensor.ShapeException if channels or window do not fit, naming the shapes
     */
    public static Tensor convolution(
            Tensor x, Tensor weight, Tensor bias, Window window, int groups, Activation activation) {
        check(x, weight, bias, window, groups);
        Storage y = x.device()
                .neural()
                .convolution(
                        x.storage(),
                        weight.storage(),
                        bias == null ? null : bias.storage(),
                        window,
                        groups,
                        activation);
        Storage[] saved = {x.storage(), weight.storage(), activation == null ? null : y};
        Tensor[] inputs = {x, weight, bias};
        Shape shape = x.shape();
        return Autograd.record("convolution", x.device(), y, inputs, saved, backward -> {
            Tensor gradient = FusedActivation.before(backward, activation, backward.saved(2));
            NeuralOps neural = backward.device().neural();
            giveWeights(backward, neural, gradient, window, groups);
            if (backward.needs(0)) {
                Storage kernels = backward.saved(1).storage();
                backward.give(0, neural.convolutionBackwardInput(gradient.storage(), kernels, shape, window, groups));
            }
        });
    }

    private static void giveWeights(Backward backward, NeuralOps neural, Tensor gradient, Window window, int groups) {
        if (backward.needs(1)) {
            Storage weightGradient = backward.target(1);
            Storage biasGradient = backward.target(2);
            Storage x = backward.saved(0).storage();
            neural.convolutionBackwardWeight(x, gradient.storage(), window, groups, weightGradient, biasGradient);
            backward.give(1, weightGradient);
            if (biasGradient != null) {
                backward.give(2, biasGradient);
            }
        } else if (backward.needs(2)) {
            backward.give(2, gradient.sum(0, 2, 3));
        }
    }

    private static void check(Tensor x, Tensor weight, Tensor bias, Window window, int groups) {
        Checks.image("convolution", OperationKind.CONVOLUTION, x);
        Checks.sameDevice("convolution", x, weight, bias);
        if (weight.rank() != 4
                || weight.size(2) != window.kernelHeight()
                || weight.size(3) != window.kernelWidth()
                || groups < 1
                || weight.size(0) % groups != 0
                || weight.size(0) * weight.size(1) == 0) {
            throw new InputShapeException(
                    "convolution",
                    "weight " + weight.shape() + " must be [O, C / groups, " + window.kernelHeight() + ", "
                            + window.kernelWidth() + "] with O divisible by the " + groups
                            + " groups, and neither O nor C of 0");
        }
        if (x.size(1) != weight.size(1) * groups) {
            throw new InputShapeException(
                    "convolution",
                    "input has " + x.size(1) + " channels, the layer expects " + weight.size(1) * groups + " (weight "
                            + weight.shape() + (groups > 1 ? ", " + groups + " groups" : "")
                            + "); check the layer before it");
        }
        Checks.shape("convolution", "bias", bias, Shape.of(weight.size(0)));
        Checks.type("convolution", "the weight", weight, x.dtype(), x);
        Checks.type("convolution", "the bias", bias, x.dtype(), x);
        Checks.windowFits("convolution", x, window);
    }
}
