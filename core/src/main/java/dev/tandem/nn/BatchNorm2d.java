package dev.tandem.nn;

import dev.tandem.backend.Activation;
import dev.tandem.nn.functional.BatchNormalization;
import dev.tandem.tensor.Tensor;

/**
 * Batch normalisation (Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167) of images {@code [N, channels, H, W]}:
 * {@code weight · (x − mean) / √(variance + epsilon) + bias}.
 *
 * <p>Training uses the batch's statistics and moves {@code running_mean} and {@code running_var} toward them; evaluation uses
 * the running ones, and so does training where they are {@linkplain #freezeStatistics frozen}, or where weight and bias both are:
 * a frozen layer computes the same in both modes. Epsilon is 10⁻⁵, momentum (the batch's share in the running statistics) 0.1, weight starts at 1, bias at 0.
 */
public final class BatchNorm2d extends Module implements FusesActivation {
    private final int channels;
    private final Parameter bias;
    private final Parameter runningMean;
    private final Parameter runningVariance;
    private Parameter weight;
    private float epsilon = 1e-5f;
    private float momentum = 0.1f;
    private boolean frozenStatistics;

    public BatchNorm2d(int channels) {
        this.channels = channels;
        weight = parameter("weight", Parameter.Kind.NORM, Initializers.ones(), channels);
        bias = parameter("bias", Parameter.Kind.NORM, Initializers.zeros(), channels);
        runningMean = parameter("running_mean", Parameter.Kind.BUFFER, Initializers.zeros(), channels);
        runningVariance = parameter("running_var", Parameter.Kind.BUFFER, Initializers.ones(), channels);
    }

    /** Added to the variance. */
    public BatchNorm2d epsilon(float epsilon) {
        this.epsilon = epsilon;
        return this;
    }

    /** The batch's share in the new running statistics. */
    public BatchNorm2d momentum(float momentum) {
        this.momentum = momentum;
        return this;
    }

    public float momentum() {
        return momentum;
    }

    /** How weights start: zeros in the last norm of a residual branch make the block start as identity. */
    public BatchNorm2d init(Initializer initializer) {
        requireNotInitialized("init() was set");
        weight = parameter("weight", Parameter.Kind.NORM, initializer, channels);
        return this;
    }

    /** Keeps the running statistics as they are and uses them in training too, as fine-tuning on small batches wants. */
    public BatchNorm2d freezeStatistics(boolean frozen) {
        frozenStatistics = frozen;
        return this;
    }

    public int channels() {
        return channels;
    }

    public float epsilon() {
        return epsilon;
    }

    public Parameter weight() {
        return weight;
    }

    public Parameter bias() {
        return bias;
    }

    public Parameter runningMean() {
        return runningMean;
    }

    public Parameter runningVariance() {
        return runningVariance;
    }

    @Override
    protected Tensor forward(Tensor input) {
        return forward(input, null, null);
    }

    @Override
    public Tensor apply(Tensor input, Activation activation) {
        return run(input, x -> forward(x, null, activation));
    }

    /** {@code activation(norm(input) + residual)} in one pass: the end of a residual block. Both may be null. */
    public Tensor apply(Tensor input, Tensor residual, Activation activation) {
        return run(input, x -> forward(x, residual, activation));
    }

    private Tensor forward(Tensor input, Tensor residual, Activation activation) {
        Tensor scale = weight.value();
        Tensor shift = bias.value();
        Tensor mean = runningMean.value();
        Tensor variance = runningVariance.value();
        boolean frozen = frozenStatistics || !weight.isTrainable() && !bias.isTrainable();
        if (isTraining() && !frozen) {
            return BatchNormalization.training(
                    input, residual, scale, shift, mean, variance, momentum, epsilon, activation);
        }
        return BatchNormalization.inference(input, residual, scale, shift, mean, variance, epsilon, activation);
    }

    @Override
    public String toString() {
        return "BatchNorm2d(" + channels + ")";
    }
}
