package dev.tandem.cuda;

import dev.tandem.backend.Activation;
import dev.tandem.backend.Bounds;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Neural operations on a GPU. */
final class CudaNeural implements NeuralOps {
    private final Convolution convolution;
    private final Pooling pooling;
    private final BatchNorm batchNorm;
    private final LayerNorm layerNorm;
    private final LocalResponseNorm localResponseNorm;
    private final Softmax softmax;
    private final CrossEntropy crossEntropy;
    private final Dropout dropout;
    private final Attention attention;

    CudaNeural(CudaRuntime runtime, Elementwise elementwise, Reduction reduction, MatrixProduct matrixProduct) {
        this.convolution = new Convolution(runtime, elementwise, reduction);
        this.pooling = new Pooling(runtime);
        this.batchNorm = new BatchNorm(runtime);
        this.layerNorm = new LayerNorm(runtime);
        this.localResponseNorm = new LocalResponseNorm(runtime);
        this.softmax = new Softmax(runtime);
        this.crossEntropy = new CrossEntropy(runtime);
        this.dropout = new Dropout(runtime);
        this.attention = new Attention(matrixProduct, softmax);
    }

    @Override
    public Storage convolution(
            Storage x, Storage weight, Storage bias, Window window, int groups, Activation activation) {
        Bounds.convolution(x.shape(), weight.shape(), window, groups);
        Bounds.perAxis("convolution: bias", x.dtype(), weight.shape().size(0), bias);
        return convolution.forward(x, weight, bias, window, groups, activation);
    }

    @Override
    public Storage convolutionBackwardInput(Storage gradient, Storage weight, Shape x, Window window, int groups) {
        Bounds.convolution(x, weight.shape(), window, groups);
        Bounds.requireShape(
                "convolution: gradient",
                gradient,
                Bounds.windowed(x, weight.shape().size(0), window));
        return convolution.backwardInput(gradient, weight, x, window, groups);
    }

    @Override
    public void convolutionBackwardWeight(
            Storage x, Storage gradient, Window window, int groups, Storage weightGradient, Storage biasGradient) {
        Bounds.convolution(x.shape(), weightGradient.shape(), window, groups);
        long channels = weightGradient.shape().size(0);
        Bounds.requireShape("convolution: gradient", gradient, Bounds.windowed(x.shape(), channels, window));
        Bounds.perAxis("convolution: bias gradient", x.dtype(), channels, biasGradient);
        convolution.backwardWeight(x, gradient, window, groups, weightGradient, biasGradient);
    }

    @Override
    public Result pool(PoolKind kind, Storage x, Window window, boolean training) {
        return pooling.forward(kind, x, window, training);
    }

    @Override
    public Storage poolBackward(PoolKind kind, Storage gradient, Storage saved, Shape x, Window window) {
        Bounds.poolBackward(kind, gradient, saved, x, window);
        return pooling.backward(kind, gradient, saved, x, window);
    }

    @Override
    public Normalized batchNorm(
            Storage x,
            Storage residual,
            Storage scale,
            Storage shift,
            Storage runningMean,
            Storage runningVariance,
            float momentum,
            float epsilon,
            Activation activation) {
        Bounds.alike("batch norm: residual", x, residual);
        Bounds.perAxis("batch norm", DType.FLOAT32, x.shape().size(1), scale, shift, runningMean, runningVariance);
        return batchNorm.training(
                x, residual, scale, shift, runningMean, runningVariance, momentum, epsilon, activation);
    }

    @Override
    public Storage batchNormInference(
            Storage x,
            Storage residual,
            Storage scale,
            Storage shift,
            Storage mean,
            Storage variance,
            float epsilon,
            Activation activation) {
        Bounds.alike("batch norm: residual", x, residual);
        Bounds.perAxis("batch norm", DType.FLOAT32, x.shape().size(1), scale, shift, mean, variance);
        return batchNorm.inference(x, residual, scale, shift, mean, variance, epsilon, activation);
    }

    @Override
    public BatchNormGradient batchNormBackward(
            Storage gradient,
            Storage x,
            Normalized forward,
            Storage scale,
            float epsilon,
            Activation activation,
            boolean hasResidual,
            Storage scaleGradient,
            Storage shiftGradient) {
        Bounds.alike("batch norm: gradient", x, gradient);
        Bounds.perAxis("batch norm", DType.FLOAT32, x.shape().size(1), scale, scaleGradient, shiftGradient);
        Bounds.perAxis("batch norm", DType.FLOAT32, x.shape().size(1), forward.mean(), forward.variance());
        Bounds.alike("batch norm: output", x, activation == null ? null : forward.output());
        return batchNorm.backward(
                gradient, x, forward, scale, epsilon, activation, hasResidual, scaleGradient, shiftGradient);
    }

    @Override
    public Normalized layerNorm(Storage x, Storage scale, Storage shift, float epsilon) {
        Bounds.perAxis("layer norm", DType.FLOAT32, x.shape().size(-1), scale, shift);
        return layerNorm.forward(x, scale, shift, epsilon);
    }

    @Override
    public Storage layerNormBackward(
            Storage gradient,
            Storage x,
            Normalized forward,
            Storage scale,
            float epsilon,
            Storage scaleGradient,
            Storage shiftGradient) {
        Bounds.alike("layer norm: gradient", x, gradient);
        Bounds.perAxis("layer norm", DType.FLOAT32, x.shape().size(-1), scale, scaleGradient, shiftGradient);
        long rows = x.shape().elements() / Math.max(1, x.shape().size(-1));
        Bounds.perAxis("layer norm: statistics", DType.FLOAT32, rows, forward.mean(), forward.variance());
        return layerNorm.backward(gradient, x, forward, scale, epsilon, scaleGradient, shiftGradient);
    }

    @Override
    public Result localResponseNorm(Storage x, int size, float alpha, float beta, float k, boolean training) {
        return localResponseNorm.forward(x, size, alpha, beta, k);
    }

    @Override
    public Storage localResponseNormBackward(
            Storage gradient, Storage x, Result forward, int size, float alpha, float beta, float k) {
        Bounds.alike("local response norm: gradient", x, gradient);
        return localResponseNorm.backward(gradient, x, size, alpha, beta, k);
    }

    @Override
    public Result dropout(Storage x, float probability, Storage state) {
        Bounds.randomState(state);
        return dropout.forward(x, probability, state);
    }

    @Override
    public Storage dropoutBackward(Storage gradient, Storage saved, float probability) {
        Bounds.requireSaved("dropout", saved, gradient.shape());
        return dropout.backward(gradient, saved, probability);
    }

    @Override
    public Storage softmax(Storage x, int axis, boolean logarithm) {
        Bounds.axes("softmax", x, axis);
        return softmax.forward(x, axis, logarithm);
    }

    @Override
    public Storage softmaxBackward(Storage gradient, Storage output, int axis, boolean logarithm) {
        Bounds.axes("softmax", output, axis);
        Bounds.alike("softmax: gradient", output, gradient);
        return softmax.backward(gradient, output, axis, logarithm);
    }

    @Override
    public Result crossEntropy(Storage logits, Storage target, float labelSmoothing) {
        Bounds.crossEntropy(logits, target);
        return crossEntropy.forward(logits, target, labelSmoothing);
    }

    @Override
    public Storage crossEntropyBackward(Storage gradient, Storage saved, Storage target, float labelSmoothing) {
        Bounds.crossEntropy(saved, target);
        Bounds.perAxis("cross-entropy: gradient", DType.FLOAT32, saved.shape().size(0), gradient);
        return crossEntropy.backward(gradient, saved, target, labelSmoothing);
    }

    @Override
    public Result attention(Storage query, Storage key, Storage value, float scale, boolean training) {
        Bounds.attention(query, key, value, null);
        return attention.forward(query, key, value, scale);
    }

    @Override
    public AttentionGradient attentionBackward(
            Storage gradient, Storage query, Storage key, Storage value, Result forward, float scale) {
        Bounds.attention(query, key, value, gradient);
        Shape scores = query.shape().with(3, key.shape().size(2));
        Bounds.requireSaved("attention", forward.saved(), scores);
        return attention.backward(gradient, query, key, value, forward.saved(), scale);
    }
}
