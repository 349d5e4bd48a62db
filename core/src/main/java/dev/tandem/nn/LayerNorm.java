package dev.tandem.nn;

import dev.tandem.nn.functional.InputShapeException;
import dev.tandem.nn.functional.Normalization;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/**
 * Layer normalisation (Ba et al. 2016, https://arxiv.org/abs/1607.06450) over the last axes: {@code weight · (x − mean) /
 * √(variance + epsilon) + bias}, each example by itself.
 *
 * <p>Input {@code [.., shape]}; output the same. Epsilon is 10⁻⁵; weight starts at 1, bias at 0.
 */
public final class LayerNorm extends Module {
    private final Shape shape;
    private final Parameter weight;
    private final Parameter bias;
    private float epsilon = 1e-5f;

    /** @param shape sizes of the last axes, over which to normalise: usually one */
    public LayerNorm(long... shape) {
        this.shape = Shape.of(shape);
        weight = parameter("weight", Parameter.Kind.NORM, Initializers.ones(), shape);
        bias = parameter("bias", Parameter.Kind.NORM, Initializers.zeros(), shape);
    }

    /** Added to the variance. */
    public LayerNorm epsilon(float epsilon) {
        this.epsilon = epsilon;
        return this;
    }

    @Override
    protected Tensor forward(Tensor input) {
        if (shape.rank() == 1) {
            return Normalization.layerNorm(input, weight.value(), bias.value(), epsilon);
        }
        check(input);
        Tensor rows = input.reshape(input.elements() / Math.max(1, shape.elements()), shape.elements());
        return Normalization.layerNorm(
                        rows, weight.value().reshape(-1), bias.value().reshape(-1), epsilon)
                .reshape(input.shape());
    }

    private void check(Tensor input) {
        int leading = input.rank() - shape.rank();
        for (int axis = 0; axis < shape.rank(); axis++) {
            if (leading < 0 || input.size(leading + axis) != shape.size(axis)) {
                throw new InputShapeException(
                        "LayerNorm",
                        "input " + input.shape() + " does not end in the layer's shape " + shape
                                + "; check the layer before it");
            }
        }
    }

    @Override
    public String toString() {
        return "LayerNorm(" + shape + ")";
    }
}
