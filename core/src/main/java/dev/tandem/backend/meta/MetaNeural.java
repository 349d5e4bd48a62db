package dev.tandem.backend.meta;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Shapes of the neural-network operations. What a backward needs is given the size that devices give it. */
final class MetaNeural implements NeuralOps {
    private final MetaMemory memory;
    private final MultiplyAdds multiplyAdds;

    MetaNeural(MetaMemory memory, MultiplyAdds multiplyAdds) {
        this.memory = memory;
        this.multiplyAdds = multiplyAdds;
    }

    @Override
    public Storage convolution(
            Storage x, Storage weight, Storage bias, Window window, int groups, Activation activation) {
        Storage y = memory.allocate(windowed(x.shape(), weight.shape().size(0), window), x.dtype());
        countConvolution(y.shape(), x.shape(), window, groups);
        return y;
    }

    @Override
    public Storage convolutionBackwardInput(Storage gradient, Storage weight, Shape x, Window window, int groups) {
        countConvolution(gradient.shape(), x, window, groups);
        return memory.allocate(x, gradient.dtype());
    }

    @Override
    public void convolutionBackwardWeight(
            Storage x, Storage gradient, Window window, int groups, Storage weightGradient, Storage biasGradient) {
        countConvolution(gradient.shape(), x.shape(), window, groups);
    }

    private void countConvolution(Shape y, Shape x, Window window, int groups) {
        multiplyAdds.add(y.elements() * (x.size(1) / groups) * window.kernelHeight() * window.kernelWidth());
    }

    private static Shape windowed(Shape x, long channels, Window window) {
        return Shape.of(x.size(0), channels, window.outputHeight(x.size(2)), window.outputWidth(x.size(3)));
    }

    @Override
    public Result pool(PoolKind kind, Storage x, Window window, boolean training) {
        Shape shape = windowed(x.shape(), x.shape().size(1), window);
        boolean remembers = training && kind.picks();
        return new Result(memory.allocate(shape, x.dtype()), remembers ? memory.allocate(shape, DType.INT32) : null);
    }

    @Override
    public Storage poolBackward(PoolKind kind, Storage gradient, Storage saved, Shape x, Window window) {
        return memory.allocate(x, gradient.dtype());
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
        return new Normalized(memory.like(x), memory.like(scale), memory.like(scale), null);
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
        return memory.like(x);
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
        return new BatchNormGradient(memory.like(x), hasResidual ? memory.like(x) : null);
    }

    @Override
    public Normalized layerNorm(Storage x, Storage scale, Storage shift, float epsilon) {
        Shape rows = x.shape().with(-1, 1);
        return new Normalized(
                memory.like(x), memory.allocate(rows, DType.FLOAT32), memory.allocate(rows, DType.FLOAT32), null);
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
        return memory.like(x);
    }

    @Override
    public Result localResponseNorm(Storage x, int size, float alpha, float beta, float k, boolean training) {
        return new Result(memory.like(x), training ? memory.like(x) : null);
    }

    @Override
    public Storage localResponseNormBackward(
            Storage gradient, Storage x, Result forward, int size, float alpha, float beta, float k) {
        return memory.like(x);
    }

    @Override
    public Result dropout(Storage x, float probability, Storage state) {
        return new Result(memory.like(x), memory.allocate(x.shape(), DType.UINT8));
    }

    @Override
    public Storage dropoutBackward(Storage gradient, Storage saved, float probability) {
        return memory.like(gradient);
    }

    @Override
    public Storage softmax(Storage x, int axis, boolean logarithm) {
        return memory.like(x);
    }

    @Override
    public Storage softmaxBackward(Storage gradient, Storage output, int axis, boolean logarithm) {
        return memory.like(output);
    }

    @Override
    public Result crossEntropy(Storage logits, Storage target, float labelSmoothing) {
        Shape rows = Shape.of(logits.shape().size(0));
        return new Result(memory.allocate(rows, logits.dtype()), memory.like(logits));
    }

    @Override
    public Storage crossEntropyBackward(Storage gradient, Storage saved, Storage target, float labelSmoothing) {
        return memory.like(saved);
    }

    @Override
    public Result attention(Storage query, Storage key, Storage value, float scale, boolean training) {
        countAttention(query, key, value);
        Shape output = query.shape().with(3, value.shape().size(3));
        Storage statistics = training ? memory.allocate(query.shape().with(3, 1), DType.FLOAT32) : null;
        return new Result(memory.allocate(output, query.dtype()), statistics);
    }

    @Override
    public AttentionGradient attentionBackward(
            Storage gradient, Storage query, Storage key, Storage value, Result forward, float scale) {
        countAttention(query, key, value);
        countAttention(query, key, value);
        return new AttentionGradient(memory.like(query), memory.like(key), memory.like(value));
    }

    /** Scores, and their sums over values. */
    private void countAttention(Storage query, Storage key, Storage value) {
        Shape q = query.shape();
        long scores = q.size(0) * q.size(1) * q.size(2) * key.shape().size(2);
        multiplyAdds.add(scores * (q.size(3) + value.shape().size(3)));
    }
}
