package dev.tandem.conformance;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** The forward operations. There is no backward: gradients are judged by finite differences of these. */
final class ReferenceNeural implements NeuralOps {
    private final ReferenceHeap heap;

    ReferenceNeural(ReferenceHeap heap) {
        this.heap = heap;
    }

    private static ReferenceStorage of(Storage storage) {
        return (ReferenceStorage) storage;
    }

    @Override
    public Storage convolution(
            Storage x, Storage weight, Storage bias, Window window, int groups, Activation activation) {
        return ReferenceConvolution.forward(heap, of(x), of(weight), of(bias), window, groups, activation);
    }

    @Override
    public Result pool(PoolKind kind, Storage x, Window window, boolean training) {
        return new Result(ReferencePooling.forward(heap, kind, of(x), window), null);
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
        return ReferenceNormalization.batchNorm(
                heap,
                of(x),
                of(residual),
                of(scale),
                of(shift),
                of(runningMean),
                of(runningVariance),
                momentum,
                epsilon,
                activation);
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
        return ReferenceNormalization.normalize(
                heap, of(x), of(residual), of(scale), of(shift), of(mean), of(variance), epsilon, activation);
    }

    @Override
    public Normalized layerNorm(Storage x, Storage scale, Storage shift, float epsilon) {
        return ReferenceNormalization.layerNorm(heap, of(x), of(scale), of(shift), epsilon);
    }

    @Override
    public Result localResponseNorm(Storage x, int size, float alpha, float beta, float k, boolean training) {
        return new Result(ReferenceNormalization.localResponseNorm(heap, of(x), size, alpha, beta, k), null);
    }

    @Override
    public Result dropout(Storage x, float probability, Storage state) {
        ReferenceStorage output = heap.allocate(x.shape(), DType.FLOAT32);
        long seed = of(state).integer(0);
        long offset = of(state).integer(1);
        double[] uniform = Philox.uniform(seed, offset, output.elements());
        for (int i = 0; i < output.elements(); i++) {
            output.set(i, uniform[i] >= probability ? of(x).get(i) / (1 - (double) probability) : 0);
        }
        of(state).setInteger(1, offset + (output.elements() + 3) / 4);
        return new Result(output, null);
    }

    @Override
    public Storage softmax(Storage x, int axis, boolean logarithm) {
        ReferenceStorage output = heap.allocate(x.shape(), DType.FLOAT32);
        int size = of(x).size(axis);
        for (int i = 0; i < output.elements(); i++) {
            long[] index = Index.of(i, x.shape());
            double[] line = new double[size];
            for (int k = 0; k < size; k++) {
                index[axis] = k;
                line[k] = of(x).get(Index.element(index, x.shape()));
            }
            double value = of(x).get(i) - logSumExp(line);
            output.set(i, logarithm ? value : Math.exp(value));
        }
        return output;
    }

    /** Of values shifted by their largest, so that no exponential overflows. */
    private static double logSumExp(double[] values) {
        double largest = java.util.Arrays.stream(values).max().orElse(0);
        double sum = 0;
        for (double value : values) {
            sum += Math.exp(value - largest);
        }
        return largest + Math.log(sum);
    }

    @Override
    public Result crossEntropy(Storage logits, Storage target, float labelSmoothing) {
        int rows = of(logits).size(0);
        int classes = of(logits).size(1);
        ReferenceStorage losses = heap.allocate(Shape.of(rows), DType.FLOAT32);
        for (int row = 0; row < rows; row++) {
            double[] line = new double[classes];
            for (int c = 0; c < classes; c++) {
                line[c] = of(logits).get(row * classes + c);
            }
            double normalizer = logSumExp(line);
            double loss = 0;
            for (int c = 0; c < classes; c++) {
                double wanted = target.dtype().isFloating()
                        ? of(target).get(row * classes + c)
                        : of(target).integer(row) == c ? 1 : 0;
                double smoothed = (1 - (double) labelSmoothing) * wanted + (double) labelSmoothing / classes;
                loss -= smoothed == 0 ? 0 : smoothed * (line[c] - normalizer);
            }
            boolean outside = !target.dtype().isFloating()
                    && (of(target).integer(row) < 0 || of(target).integer(row) >= classes);
            losses.set(row, outside ? Double.NaN : loss);
        }
        return new Result(losses, null);
    }

    @Override
    public Result attention(Storage query, Storage key, Storage value, float scale, boolean training) {
        int heads = of(query).size(0) * of(query).size(1);
        int queries = of(query).size(2);
        int keys = of(key).size(2);
        int depth = of(query).size(3);
        int width = of(value).size(3);
        ReferenceStorage output = heap.allocate(query.shape().with(3, width), DType.FLOAT32);
        for (int head = 0; head < heads; head++) {
            for (int t = 0; t < queries; t++) {
                double[] scores = new double[keys];
                for (int s = 0; s < keys; s++) {
                    for (int d = 0; d < depth; d++) {
                        scores[s] += scale
                                * of(query).get((head * queries + t) * depth + d)
                                * of(key).get((head * keys + s) * depth + d);
                    }
                }
                double normalizer = logSumExp(scores);
                for (int e = 0; e < width; e++) {
                    double sum = 0;
                    for (int s = 0; s < keys; s++) {
                        sum += Math.exp(scores[s] - normalizer) * of(value).get((head * keys + s) * width + e);
                    }
                    output.set((head * queries + t) * width + e, sum);
                }
            }
        }
        return new Result(output, null);
    }

    private static UnsupportedOperationException noBackward(String operation) {
        return new UnsupportedOperationException(
                "reference: " + operation + " has no backward; finite differences judge gradients");
    }

    @Override
    public Storage convolutionBackwardInput(Storage gradient, Storage weight, Shape x, Window window, int groups) {
        throw noBackward("convolution");
    }

    @Override
    public void convolutionBackwardWeight(
            Storage x, Storage gradient, Window window, int groups, Storage weightGradient, Storage biasGradient) {
        throw noBackward("convolution");
    }

    @Override
    public Storage poolBackward(PoolKind kind, Storage gradient, Storage saved, Shape x, Window window) {
        throw noBackward("pool");
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
        throw noBackward("batchNorm");
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
        throw noBackward("layerNorm");
    }

    @Override
    public Storage localResponseNormBackward(
            Storage gradient, Storage x, Result forward, int size, float alpha, float beta, float k) {
        throw noBackward("localResponseNorm");
    }

    @Override
    public Storage dropoutBackward(Storage gradient, Storage saved, float probability) {
        throw noBackward("dropout");
    }

    @Override
    public Storage softmaxBackward(Storage gradient, Storage output, int axis, boolean logarithm) {
        throw noBackward("softmax");
    }

    @Override
    public Storage crossEntropyBackward(Storage gradient, Storage saved, Storage target, float labelSmoothing) {
        throw noBackward("crossEntropy");
    }

    @Override
    public AttentionGradient attentionBackward(
            Storage gradient, Storage query, Storage key, Storage value, Result forward, float scale) {
        throw noBackward("attention");
    }
}
