package dev.tandem.nn;

import dev.tandem.nn.functional.Pooling;
import dev.tandem.tensor.Tensor;

/** The mean of each channel (Lin et al. 2013, https://arxiv.org/abs/1312.4400): {@code [N, C, H, W] → [N, C, 1, 1]}. */
public final class GlobalAvgPool extends Module {
    @Override
    protected Tensor forward(Tensor input) {
        return Pooling.globalAverage(input);
    }
}
