package dev.tandem.conformance;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Batch, layer and local response normalisation by their formulas. */
final class ReferenceNormalization {
    private ReferenceNormalization() {}

    static Normalized batchNorm(
            ReferenceHeap heap,
            ReferenceStorage x,
            ReferenceStorage residual,
            ReferenceStorage scale,
            ReferenceStorage shift,
            ReferenceStorage runningMean,
            ReferenceStorage runningVariance,
            double momentum,
            double epsilon,
            Activation activation) {
        int channels = x.size(1);
        int count = x.size(0) * x.size(2) * x.size(3);
        ReferenceStorage mean = heap.allocate(Shape.of(channels), DType.FLOAT32);
        ReferenceStorage variance = heap.allocate(Shape.of(channels), DType.FLOAT32);
        double[] sums = new double[channels];
        double[] squares = new double[channels];
        for (int i = 0; i < x.elements(); i++) {
            sums[channel(x, i)] += x.get(i);
        }
        for (int i = 0; i < x.elements(); i++) {
            double distance = x.get(i) - sums[channel(x, i)] / count;
            squares[channel(x, i)] += distance * distance;
        }
        for (int channel = 0; channel < channels; channel++) {
            mean.set(channel, sums[channel] / count);
            variance.set(channel, squares[channel] / count);
            if (runningMean != null && count > 0) {
                move(runningMean, channel, momentum, mean.get(channel));
            }
            if (runningVariance != null && count > 0) {
                move(runningVariance, channel, momentum, squares[channel] / (count - 1));
            }
        }
        ReferenceStorage output = normalize(heap, x, residual, scale, shift, mean, variance, epsilon, activation);
        return new Normalized(output, mean, variance, null);
    }

    private static void move(ReferenceStorage running, int channel, double momentum, double value) {
        running.set(channel, (1 - momentum) * running.get(channel) + momentum * value);
    }

    private static int channel(ReferenceStorage x, int element) {
        return element / (x.size(2) * x.size(3)) % x.size(1);
    }

    static ReferenceStorage normalize(
            ReferenceHeap heap,
            ReferenceStorage x,
            ReferenceStorage residual,
            ReferenceStorage scale,
            ReferenceStorage shift,
            ReferenceStorage mean,
            ReferenceStorage variance,
            double epsilon,
            Activation activation) {
        ReferenceStorage output = heap.allocate(x.shape(), DType.FLOAT32);
        for (int i = 0; i < x.elements(); i++) {
            int c = channel(x, i);
            double value = scale.get(c) * (x.get(i) - mean.get(c)) / Math.sqrt(variance.get(c) + epsilon)
                    + shift.get(c)
                    + (residual == null ? 0 : residual.get(i));
            output.set(i, ReferenceMath.activate(activation, value));
        }
        return output;
    }

    static Normalized layerNorm(
            ReferenceHeap heap, ReferenceStorage x, ReferenceStorage scale, ReferenceStorage shift, double epsilon) {
        int size = x.size(-1);
        int rows = size == 0 ? 0 : x.elements() / size;
        ReferenceStorage output = heap.allocate(x.shape(), DType.FLOAT32);
        ReferenceStorage means = heap.allocate(Shape.of(rows), DType.FLOAT32);
        ReferenceStorage variances = heap.allocate(Shape.of(rows), DType.FLOAT32);
        for (int row = 0; row < rows; row++) {
            double mean = 0;
            for (int i = 0; i < size; i++) {
                mean += x.get(row * size + i) / size;
            }
            double variance = 0;
            for (int i = 0; i < size; i++) {
                double distance = x.get(row * size + i) - mean;
                variance += distance * distance / size;
            }
            means.set(row, mean);
            variances.set(row, variance);
            for (int i = 0; i < size; i++) {
                double normal = (x.get(row * size + i) - mean) / Math.sqrt(variance + epsilon);
                output.set(row * size + i, scale.get(i) * normal + shift.get(i));
            }
        }
        return new Normalized(output, means, variances, null);
    }

    /** The window reaches {@code size/2} channels back and {@code (size − 1)/2} ahead, as in PyTorch. */
    static ReferenceStorage localResponseNorm(
            ReferenceHeap heap, ReferenceStorage x, int size, double alpha, double beta, double k) {
        int channels = x.size(1);
        int plane = x.size(2) * x.size(3);
        ReferenceStorage output = heap.allocate(x.shape(), DType.FLOAT32);
        for (int i = 0; i < x.elements(); i++) {
            int channel = channel(x, i);
            double squares = 0;
            for (int c = Math.max(0, channel - size / 2); c <= Math.min(channels - 1, channel + (size - 1) / 2); c++) {
                double neighbour = x.get(i + (c - channel) * plane);
                squares += neighbour * neighbour;
            }
            output.set(i, x.get(i) / Math.pow(k + alpha / size * squares, beta));
        }
        return output;
    }
}
