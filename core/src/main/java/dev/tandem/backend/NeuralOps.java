package dev.tandem.backend;

import dev.tandem.tensor.Shape;

/**
 * The operations that vendors hand-tune, forward and backward each. Images are {@code [N, C, H, W]}; an empty batch is allowed
 * everywhere. Weights, biases, statistics and their gradients are in plain order. Gradient targets that are passed in are
 * overwritten, never added to.
 *
 * <p>Inputs are of one of the types that the backend {@linkplain Backend#types declares} for the operation; outputs and the
 * gradients of inputs are of the same. Weights and biases of convolutions are of the input's type too, and so are their
 * gradients. Scales, shifts and statistics of normalisations, and their gradients, are float32 whatever the input.
 */
public interface NeuralOps {
    /** A result with what its backward needs; {@code saved} is opaque, and null where nothing is needed. */
    record Result(Storage output, Storage saved) {}

    // Convolution
    // ------------------------------------------------------------------------------------------------------

    /**
     * @param x {@code [N, C, H, W]}
     * @param weight {@code [O, C/groups, kernelHeight, kernelWidth]}
     * @param bias {@code [O]}, or null
     * @param activation applied last, or null
     * @return {@code [N, O, H', W']}
     */
    Storage convolution(Storage x, Storage weight, Storage bias, Window window, int groups, Activation activation);

    /** The gradient for the input, of shape {@code x}; the activation's derivative is already in {@code gradient}. */
    Storage convolutionBackwardInput(Storage gradient, Storage weight, Shape x, Window window, int groups);

    /** The gradients for the weights and, if not null, the bias. */
    void convolutionBackwardWeight(
            Storage x, Storage gradient, Window window, int groups, Storage weightGradient, Storage biasGradient);

    // Pooling
    // ----------------------------------------------------------------------------------------------------------

    /**
     * Pooling over windows; padding never wins a maximum or median.
     *
     * @param training whether {@link #poolBackward} will be asked for
     */
    Result pool(PoolKind kind, Storage x, Window window, boolean training);

    /** @param saved of {@link #pool}; null for the averages */
    Storage poolBackward(PoolKind kind, Storage gradient, Storage saved, Shape x, Window window);

    // Normalisation
    // ----------------------------------------------------------------------------------------------------

    /** A normalised result with its batch or row statistics; {@code saved} is opaque and may be null. */
    record Normalized(Storage output, Storage mean, Storage variance, Storage saved) {}

    /** Gradients of a batch norm; {@code residual} is null where there was none. */
    record BatchNormGradient(Storage x, Storage residual) {}

    /**
     * Batch normalisation (Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167) with the batch's own statistics over N, H
     * and W: {@code activation(scale · (x − mean) / √(variance + epsilon) + shift + residual)}. The running statistics become
     * {@code (1 − momentum) · running + momentum · batch}, with the unbiased variance, as in PyTorch; an empty batch leaves them.
     * The variance returned is the biased one.
     *
     * @param residual of x's shape, or null
     * @param runningMean updated in place, or null for none; likewise {@code runningVariance}
     * @param activation or null
     */
    Normalized batchNorm(
            Storage x,
            Storage residual,
            Storage scale,
            Storage shift,
            Storage runningMean,
            Storage runningVariance,
            float momentum,
            float epsilon,
            Activation activation);

    /** Batch normalisation with given statistics. */
    Storage batchNormInference(
            Storage x,
            Storage residual,
            Storage scale,
            Storage shift,
            Storage mean,
            Storage variance,
            float epsilon,
            Activation activation);

    /**
     * @param forward what {@link #batchNorm} returned; without an activation its output is not kept and may be null
     * @param hasResidual whether there was a residual, and its gradient is wanted
     */
    BatchNormGradient batchNormBackward(
            Storage gradient,
            Storage x,
            Normalized forward,
            Storage scale,
            float epsilon,
            Activation activation,
            boolean hasResidual,
            Storage scaleGradient,
            Storage shiftGradient);

    /**
     * Layer normalisation (Ba et al. 2016, https://arxiv.org/abs/1607.06450) over the last axis, with biased variance.
     *
     * @param scale {@code [size of the last axis]}; likewise {@code shift}
     */
    Normalized layerNorm(Storage x, Storage scale, Storage shift, float epsilon);

    /** @param forward what {@link #layerNorm} returned; its output is not kept and may be null */
    Storage layerNormBackward(
            Storage gradient,
            Storage x,
            Normalized forward,
            Storage scale,
            float epsilon,
            Storage scaleGradient,
            Storage shiftGradient);

    /**
     * Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3): {@code x / (k + alpha/size · Σ
     * x²)^beta} over {@code size} neighbouring channels, {@code size / 2} back and {@code (size − 1) / 2} ahead. Alpha is divided
     * by the size, as in PyTorch and Caffe.
     */
    Result localResponseNorm(Storage x, int size, float alpha, float beta, float k, boolean training);

    Storage localResponseNormBackward(
            Storage gradient, Storage x, Result forward, int size, float alpha, float beta, float k);

    // Dropout, softmax, loss, attention
    // --------------------------------------------------------------------------------

    /**
     * Zeroes each element with the given probability and scales the rest by {@code 1 / (1 − probability)} (Srivastava et al.
     * 2014). An element is kept where its uniform number, drawn as by {@link MathOps#random}, is at least the probability.
     *
     * @param state INT64 {@code [2]}: seed, offset; advanced
     */
    Result dropout(Storage x, float probability, Storage state);

    Storage dropoutBackward(Storage gradient, Storage saved, float probability);

    /** Softmax along an axis, or its logarithm. */
    Storage softmax(Storage x, int axis, boolean logarithm);

    /** @param output of {@link #softmax} */
    Storage softmaxBackward(Storage gradient, Storage output, int axis, boolean logarithm);

    /**
     * Softmax cross-entropy of each row, without intermediate rounding.
     *
     * @param logits {@code [N, C]}
     * @param target class indices INT32 or INT64 {@code [N]}, or probabilities float32 {@code [N, C]}
     * @param labelSmoothing s: the target becomes {@code (1 − s)·target + s/C}
     * @return output: losses {@code [N]}. A class index outside {@code [0, C)} gives NaN, which the caller reports.
     */
    Result crossEntropy(Storage logits, Storage target, float labelSmoothing);

    /** @param gradient {@code [N]} */
    Storage crossEntropyBackward(Storage gradient, Storage saved, Storage target, float labelSmoothing);

    /** Gradients of attention. */
    record AttentionGradient(Storage query, Storage key, Storage value) {}

    /**
     * Scaled-dot-product attention (Vaswani et al. 2017, https://arxiv.org/abs/1706.03762): {@code softmax(scale · Q Kᵀ) V}.
     *
     * @param query {@code [N, heads, T, D]}
     * @param key {@code [N, heads, S, D]}
     * @param value {@code [N, heads, S, E]}
     * @return output {@code [N, heads, T, E]}
     */
    Result attention(Storage query, Storage key, Storage value, float scale, boolean training);

    AttentionGradient attentionBackward(
            Storage gradient, Storage query, Storage key, Storage value, Result forward, float scale);
}
