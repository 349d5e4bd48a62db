package dev.tandem.nn;

import dev.tandem.nn.functional.InputShapeException;
import dev.tandem.nn.functional.Normalization;
import dev.tandem.tensor.Tensor;

/**
 * Layer normalisation over the channels of each pixel of images {@code [N, channels, H, W]}, as in ConvNeXt (Liu et al. 2022,
 * https://arxiv.org/abs/2201.03545). Epsilon is 10⁻⁶; weight starts at 1, bias at 0.
 */
public final class LayerNorm2d extends Module {
    private static final float EPSILON = 1e-6f;

    private final int channels;
    private final Parameter weight;
    private final Parameter bias;

    public LayerNorm2d(int channels) {
        this.channels = channels;
        weight = parameter("weight", Parameter.Kind.NORM, Initializers.ones(), channels);
        bias = parameter("bias", Parameter.Kind.NORM, Initializers.zeros(), channels);
    }

    @Override
    protected Tensor forward(Tensor input) {
        if (input.rank() != 4 || input.size(1) != channels) {
            throw new InputShapeException(
                    "LayerNorm2d",
                    "input " + input.shape() + " is not [N, " + channels + ", H, W]; check the layer before it");
        }
        return Normalization.layerNorm(input.permute(0, 2, 3, 1), weight.value(), bias.value(), EPSILON)
                .permute(0, 3, 1, 2);
    }

    @Override
    public String toString() {
        return "LayerNorm2d(" + channels + ")";
    }
}
