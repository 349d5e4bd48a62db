package dev.tandem.nn;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Rng;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/**
 * How weights start. Of a weight {@code [O, I, kernel..]}, fan-in is {@code I · kernel area} and fan-out {@code O · kernel
 * area}; of anything with fewer than two axes both are its elements.
 */
public final class Initializers {
    /** √2: keeps the variance of activations through ReLU (He et al. 2015). */
    public static final float RELU_GAIN = (float) Math.sqrt(2);

    private Initializers() {}

    /** What a layer keeps: the variance of activations going forward, or of gradients going back. */
    public enum Fan {
        IN,
        OUT
    }

    public static Initializer zeros() {
        return constant(0);
    }

    public static Initializer ones() {
        return constant(1);
    }

    public static Initializer constant(float value) {
        return (shape, random) -> Tensor.full(random.device(), value, DType.FLOAT32, shape.toArray());
    }

    /** Even over [low, high). */
    public static Initializer uniform(float low, float high) {
        return (shape, random) -> random.uniform(low, high, shape);
    }

    public static Initializer normal(float mean, float deviation) {
        return (shape, random) -> random.normal(shape.toArray()).linear(deviation, mean);
    }

    /** Normal, with values beyond two standard deviations drawn again. */
    public static Initializer truncatedNormal(float mean, float deviation) {
        return (shape, random) -> truncated(shape, random).linear(deviation, mean);
    }

    private static Tensor truncated(Shape shape, Rng random) {
        Tensor z = random.normal(shape.toArray());
        // One value in 22 is outside. After six draws one in 10⁸ still is: the clamp takes those.
        for (int i = 0; i < 5; i++) {
            z = Tensor.where(
                    z.abs().lessOrEqual(Tensor.full(random.device(), 2, DType.FLOAT32)),
                    z,
                    random.normal(shape.toArray()));
        }
        return z.clamp(-2, 2);
    }

    /** Glorot and Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html: {@code U(±gain · √(6 / (fanIn + fanOut)))}. */
    public static Initializer xavierUniform(float gain) {
        return (shape, random) -> {
            float bound = gain * (float) Math.sqrt(6.0 / (fan(shape, Fan.IN) + fan(shape, Fan.OUT)));
            return random.uniform(-bound, bound, shape);
        };
    }

    public static Initializer xavierUniform() {
        return xavierUniform(1);
    }

    /** As {@link #xavierUniform(float)} with a normal distribution: {@code N(0, gain² · 2 / (fanIn + fanOut))}. */
    public static Initializer xavierNormal(float gain) {
        return (shape, random) -> {
            float deviation = gain * (float) Math.sqrt(2.0 / (fan(shape, Fan.IN) + fan(shape, Fan.OUT)));
            return random.normal(shape.toArray()).multiply(deviation);
        };
    }

    public static Initializer xavierNormal() {
        return xavierNormal(1);
    }

    /** He et al. 2015, https://arxiv.org/abs/1502.01852: {@code U(±gain · √(3 / fan))}. */
    public static Initializer heUniform(Fan fan, float gain) {
        return (shape, random) -> {
            float bound = gain * (float) Math.sqrt(3.0 / fan(shape, fan));
            return random.uniform(-bound, bound, shape);
        };
    }

    /** {@link #heUniform(Fan, float)} over fan-in for ReLU. */
    public static Initializer heUniform() {
        return heUniform(Fan.IN, RELU_GAIN);
    }

    /** He et al. 2015, https://arxiv.org/abs/1502.01852: {@code N(0, gain² / fan)}. */
    public static Initializer heNormal(Fan fan, float gain) {
        return (shape, random) -> random.normal(shape.toArray()).multiply(gain / Math.sqrt(fan(shape, fan)));
    }

    /** {@link #heNormal(Fan, float)} over fan-in for ReLU. */
    public static Initializer heNormal() {
        return heNormal(Fan.IN, RELU_GAIN);
    }

    /** PyTorch's start of linear and convolution weights, {@code U(±1 / √fanIn)}: {@link #heUniform(Fan, float)} with gain 1/√3. */
    public static Initializer fanInUniform() {
        return heUniform(Fan.IN, (float) Math.sqrt(1.0 / 3));
    }

    /**
     * Rows (or, where there are more rows than columns, columns) at right angles and of length {@code gain}; all axes but the
     * first count as columns. Saxe et al. 2013, https://arxiv.org/abs/1312.6120.
     */
    public static Initializer orthogonal(float gain) {
        return new Orthogonal(gain);
    }

    /**
     * Weights of AlexNet (Krizhevsky et al. 2012, section 5): {@code N(0, 0.01²)}. Its biases start at 0 in the first, third and
     * last layer, and at {@link #ones 1} in the others, so that their ReLUs start with positive inputs.
     */
    public static Initializer alexNet() {
        return normal(0, 0.01f);
    }

    /** Inputs or outputs that one output or input of a layer with this weight is joined to. */
    static long fan(Shape weight, Fan fan) {
        if (weight.rank() < 2) {
            return Math.max(1, weight.elements());
        }
        long channels = weight.size(fan == Fan.IN ? 0 : 1);
        return channels == 0 ? 1 : Math.max(1, weight.elements() / channels);
    }
}
