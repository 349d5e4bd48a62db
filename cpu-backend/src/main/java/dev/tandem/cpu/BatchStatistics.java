package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.Storage;
import dev.tandem.cpu.BatchNormKernels.Channels;

/** Own loops for batch normalisation: one pass for the statistics, one for all that follows. */
final class BatchStatistics {
    private final Parallel parallel;
    private final BatchNormKernels kernels = Kernels.of(BatchNormKernels.class);

    BatchStatistics(CpuRuntime runtime) {
        this.parallel = runtime.parallel();
    }

    /**
     * Mean and biased variance of each channel.
     *
     * @param x with channels last, not empty
     */
    void compute(CpuStorage x, CpuStorage mean, CpuStorage variance) {
        int channels = (int) mean.shape().elements();
        long pixels = x.shape().elements() / channels;
        float[] pivot = values(x.address, channels); // the first pixel
        int parts = (int) Math.min(parallel.threads(), Math.max(1, x.shape().elements() / Parallel.GRAIN));
        double[][] sums = new double[parts][channels];
        double[][] squares = new double[parts][channels];
        parallel.run(parts, 1, (from, to) -> {
            for (int part = (int) from; part < to; part++) {
                long first = pixels * part / parts;
                long end = pixels * (part + 1) / parts;
                long address = x.address + first * channels * Float.BYTES;
                kernels.sums(address, end - first, pivot, sums[part], squares[part]);
            }
        });
        for (int channel = 0; channel < channels; channel++) {
            double sum = 0;
            double square = 0;
            for (int part = 0; part < parts; part++) {
                sum += sums[part][channel];
                square += squares[part][channel];
            }
            double distance = sum / pixels;
            long at = (long) channel * Float.BYTES;
            NativeMemory.ALL.set(JAVA_FLOAT, mean.address + at, (float) (pivot[channel] + distance));
            NativeMemory.ALL.set(
                    JAVA_FLOAT, variance.address + at, (float) Math.max(0, square / pixels - distance * distance));
        }
    }

    /**
     * {@code y = activation(scale · (x − mean) / √(variance + epsilon) + shift + residual)}.
     *
     * @param x with channels last; likewise {@code y} and {@code residual}, which may be null
     * @param relu whether the activation is ReLU, or none
     */
    void apply(
            CpuStorage x,
            CpuStorage residual,
            Storage scale,
            Storage shift,
            Storage mean,
            Storage variance,
            float epsilon,
            boolean relu,
            CpuStorage y) {
        int count = (int) scale.shape().elements();
        float[] factors = values(((CpuStorage) scale).address, count);
        float[] variances = values(((CpuStorage) variance).address, count);
        for (int channel = 0; channel < count; channel++) {
            factors[channel] /= (float) Math.sqrt((double) variances[channel] + epsilon);
        }
        Channels channels = new Channels(
                values(((CpuStorage) mean).address, count), factors, values(((CpuStorage) shift).address, count));
        long grain = Math.max(1, Parallel.GRAIN / count);
        parallel.run(x.shape().elements() / count, grain, (from, to) -> {
            long at = from * count * Float.BYTES;
            long addend = residual == null ? 0 : residual.address + at;
            kernels.apply(x.address + at, addend, y.address + at, to - from, channels, relu);
        });
    }

    private static float[] values(long address, int count) {
        return NativeMemory.segment(address, (long) count * Float.BYTES).toArray(JAVA_FLOAT);
    }

    /** Whether statistics or parameters say that a channel is NaN or infinite. */
    static boolean areFinite(Storage... vectors) {
        for (Storage vector : vectors) {
            for (float value :
                    values(((CpuStorage) vector).address, (int) vector.shape().elements())) {
                if (!Float.isFinite(value)) {
                    return false;
                }
            }
        }
        return true;
    }
}
