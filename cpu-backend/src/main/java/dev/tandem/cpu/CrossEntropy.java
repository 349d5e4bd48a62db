package dev.tandem.cpu;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Softmax cross-entropy of rows: the largest logit is taken out first, so that no exponential overflows. */
final class CrossEntropy {
    private final CpuRuntime runtime;

    CrossEntropy(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    /** Saves the probabilities. */
    Result forward(Storage logits, Storage target, float labelSmoothing) {
        CpuStorage.requireFloat32("cross-entropy", logits);
        CpuStorage x = runtime.plain(logits);
        CpuStorage t = runtime.plain(target);
        long classes = x.shape().size(1);
        CpuStorage losses = runtime.allocate(Shape.of(x.shape().size(0)), DType.FLOAT32);
        CpuStorage probabilities = runtime.allocate(x.shape(), DType.FLOAT32);
        runtime.parallel().run(x.shape().size(0), rowsAtLeast(classes), (from, to) -> {
            for (long row = from; row < to; row++) {
                double logSum =
                        softmax(x.address + 4 * row * classes, probabilities.address + 4 * row * classes, classes);
                double loss = loss(x, t, row, classes, logSum, labelSmoothing);
                ScalarBinaryKernels.set(losses.address + 4 * row, (float) loss);
            }
        });
        x.release();
        t.release();
        return new Result(losses, probabilities);
    }

    private static long rowsAtLeast(long classes) {
        return Math.max(1, 1_024 / Math.max(1, classes));
    }

    /** Writes a row's probabilities; returns the logarithm of the sum of its exponentials. */
    private static double softmax(long x, long probabilities, long classes) {
        float largest = Float.NEGATIVE_INFINITY;
        for (long c = 0; c < 4 * classes; c += 4) {
            largest = Math.max(largest, ScalarBinaryKernels.get(x + c));
        }
        double sum = 0;
        for (long c = 0; c < 4 * classes; c += 4) {
            double power = Math.exp(ScalarBinaryKernels.get(x + c) - (double) largest);
            sum += power;
            ScalarBinaryKernels.set(probabilities + c, (float) power);
        }
        float scale = (float) (1 / sum);
        for (long c = 0; c < 4 * classes; c += 4) {
            ScalarBinaryKernels.set(probabilities + c, ScalarBinaryKernels.get(probabilities + c) * scale);
        }
        return largest + Math.log(sum);
    }

    /** {@code Σ target · (logSum − logit)}; what is smoothed away goes to all classes alike. */
    private static double loss(CpuStorage x, CpuStorage t, long row, long classes, double logSum, float smoothing) {
        long logits = x.address + 4 * row * classes;
        double hit = t.dtype() == DType.FLOAT32
                ? soft(logits, t.address + 4 * row * classes, classes, logSum)
                : hard(logits, Integers.get(t.dtype(), t.address, row), classes, logSum);
        if (smoothing == 0) {
            return hit;
        }
        double all = 0;
        for (long c = 0; c < 4 * classes; c += 4) {
            all += logSum - ScalarBinaryKernels.get(logits + c);
        }
        return (1 - smoothing) * hit + smoothing / classes * all;
    }

    private static double hard(long logits, long label, long classes, double logSum) {
        return label < 0 || label >= classes ? Double.NaN : logSum - ScalarBinaryKernels.get(logits + 4 * label);
    }

    private static double soft(long logits, long shares, long classes, double logSum) {
        double sum = 0;
        for (long c = 0; c < 4 * classes; c += 4) {
            float share = ScalarBinaryKernels.get(shares + c);
            sum += share == 0 ? 0 : share * (logSum - ScalarBinaryKernels.get(logits + c)); // 0 · ∞ would be NaN
        }
        return sum;
    }

    /** {@code gradient · (probability · Σ target − target)}. */
    CpuStorage backward(Storage gradient, Storage saved, Storage target, float labelSmoothing) {
        CpuStorage g = runtime.plain(gradient);
        CpuStorage p = (CpuStorage) saved;
        CpuStorage t = runtime.plain(target);
        long classes = p.shape().size(1);
        CpuStorage result = runtime.allocate(p.shape(), DType.FLOAT32);
        runtime.parallel().run(p.shape().size(0), rowsAtLeast(classes), (from, to) -> {
            for (long row = from; row < to; row++) {
                backward(ScalarBinaryKernels.get(g.address + 4 * row), p, t, result, row, labelSmoothing);
            }
        });
        g.release();
        t.release();
        return result;
    }

    private static void backward(
            float gradient, CpuStorage p, CpuStorage t, CpuStorage result, long row, float smoothing) {
        long classes = p.shape().size(1);
        boolean soft = t.dtype() == DType.FLOAT32;
        double total = soft ? 0 : 1;
        for (long c = 0; soft && c < classes; c++) {
            total += ScalarBinaryKernels.get(t.address + 4 * (row * classes + c));
        }
        total = (1 - smoothing) * total + smoothing;
        long label = soft ? -1 : Integers.get(t.dtype(), t.address, row);
        for (long c = 0; c < classes; c++) {
            long at = 4 * (row * classes + c);
            float share = soft ? ScalarBinaryKernels.get(t.address + at) : c == label ? 1 : 0;
            double wanted = (1 - smoothing) * share + smoothing / classes;
            double slope = ScalarBinaryKernels.get(p.address + at) * total - wanted;
            ScalarBinaryKernels.set(result.address + at, (float) (gradient * slope));
        }
    }
}
