package dev.tandem.nn;

import dev.tandem.tensor.Tensor;

/**
 * Squeeze and excitation (Hu et al. 2017, https://arxiv.org/abs/1709.01507): two 1×1 convolutions tell from the means of all channels
 * how much each one counts. {@code [N, channels, H, W]} in and out.
 */
public final class SqueezeExcitation extends Sequential {
    private final int channels;
    private final int squeezed;

    /**
     * @param squeezed channels between the convolutions
     * @param activation between them
     * @param gate what makes factors of the second's output, such as a sigmoid
     * @param start of the convolutions' weights; biases start at 0
     */
    public SqueezeExcitation(int channels, int squeezed, Module activation, Module gate, Initializer start) {
        this.channels = channels;
        this.squeezed = squeezed;
        add("avgpool", new GlobalAvgPool());
        add("fc1", new Conv2d(channels, squeezed, 1).init(start).initBias(Initializers.zeros()));
        add("activation", activation);
        add("fc2", new Conv2d(squeezed, channels, 1).init(start).initBias(Initializers.zeros()));
        add("scale_activation", gate);
    }

    @Override
    protected Tensor forward(Tensor input) {
        return input.multiply(super.forward(input));
    }

    @Override
    public String toString() {
        return "SqueezeExcitation(" + channels + ", " + squeezed + ")";
    }
}
