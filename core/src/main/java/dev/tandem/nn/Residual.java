package dev.tandem.nn;

import dev.tandem.tensor.Tensor;

/**
 * Layers one after the other whose output is added to what came in (He et al. 2015, https://arxiv.org/abs/1512.03385): {@code x
 * + layers(x)}. They keep the shape.
 */
public final class Residual extends Sequential {
    @Override
    protected Tensor forward(Tensor input) {
        return super.forward(input).add(input);
    }
}
