package dev.tandem.nn;

import dev.tandem.backend.Activation;
import dev.tandem.nn.functional.InputShapeException;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Tensor;

/**
 * A fully connected layer: {@code x · weightᵀ + bias}.
 *
 * <p>Input {@code [.., inFeatures]}, output {@code [.., outFeatures]}. Weight {@code [outFeatures, inFeatures]} and bias
 * start as in PyTorch, even over ±1/√inFeatures.
 *
 * @throws dev.tandem.tensor.ShapeException if the input's last axis differs, naming both sizes
 */
public final class Linear extends Module implements FusesActivation {
    private final int inFeatures;
    private final int outFeatures;
    private Initializer weightInit = Initializers.fanInUniform();
    private Initializer biasInit;
    private boolean hasBias = true;
    private Parameter weight;
    private Parameter bias;

    public Linear(int inFeatures, int outFeatures) {
        if (inFeatures < 1 || outFeatures < 1) {
            throw new IllegalArgumentException(
                    "Linear: " + inFeatures + " → " + outFeatures + " features; both must be at least 1");
        }
        this.inFeatures = inFeatures;
        this.outFeatures = outFeatures;
        float bound = (float) (1 / Math.sqrt(inFeatures));
        biasInit = Initializers.uniform(-bound, bound);
        register();
    }

    private void register() {
        weight = parameter("weight", Parameter.Kind.WEIGHT, weightInit, outFeatures, inFeatures);
        if (hasBias) {
            bias = parameter("bias", Parameter.Kind.BIAS, biasInit, outFeatures);
        } else {
            removeParameter("bias");
            bias = null;
        }
    }

    /** Whether to add a bias; true by default. */
    public Linear bias(boolean wanted) {
        requireNotInitialized("bias() was set");
        hasBias = wanted;
        register();
        return this;
    }

    /** How weights start. */
    public Linear init(Initializer initializer) {
        requireNotInitialized("init() was set");
        weightInit = initializer;
        register();
        return this;
    }

    /** How the bias starts. */
    public Linear initBias(Initializer initializer) {
        requireNotInitialized("initBias() was set");
        biasInit = initializer;
        register();
        return this;
    }

    public int inFeatures() {
        return inFeatures;
    }

    public int outFeatures() {
        return outFeatures;
    }

    public Parameter weight() {
        return weight;
    }

    /** Null where there is none. */
    public Parameter bias() {
        return bias;
    }

    @Override
    protected Tensor forward(Tensor input) {
        return forward(input, null);
    }

    @Override
    public Tensor apply(Tensor input, Activation activation) {
        return run(input, x -> forward(x, activation));
    }

    private Tensor forward(Tensor input, Activation activation) {
        check(input);
        Tensor offset = bias == null ? null : bias.value();
        if (input.rank() == 2) {
            return input.linear(weight.value(), offset, activation);
        }
        long[] shape = input.shape().toArray();
        shape[shape.length - 1] = outFeatures;
        // As one matrix, so that the weight's gradient is one product and needs no sum over leading axes.
        return input.reshape(input.elements() / inFeatures, inFeatures)
                .linear(weight.value(), offset, activation)
                .reshape(shape);
    }

    private void check(Tensor input) {
        if (input.rank() < 2 || input.size(-1) != inFeatures) {
            String mend = input.rank() == 4 ? "flatten images first" : "check the layer before it";
            throw new InputShapeException(
                    "Linear",
                    "input " + input.shape() + " has " + (input.rank() == 0 ? "no" : input.size(-1))
                            + " features, the layer expects " + inFeatures + " (weight " + weight.shape() + "); "
                            + mend);
        }
        if (!input.dtype().isFloating()) {
            throw new InputShapeException(
                    "Linear", "input is " + input.dtype() + "; convert it with cast(DType.FLOAT32) first");
        }
        Device device = weight.value().device();
        if (input.device() != device) {
            throw new InputShapeException("Linear", Device.apart("the input", input.device(), "the weight", device));
        }
        if (input.dtype() != weight.value().dtype()) {
            throw new InputShapeException(
                    "Linear",
                    "input is " + input.dtype() + ", the weight "
                            + weight.value().dtype() + "; convert the input with cast");
        }
    }

    @Override
    public String toString() {
        return "Linear(" + inFeatures + ", " + outFeatures + (hasBias ? "" : ", no bias") + ")";
    }
}
