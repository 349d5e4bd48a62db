package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.Storage;
import dev.tandem.cpu.BatchNormKernels.Channels;
import java.util.Arrays;

/** The passes of batch normalisation: for the statistics, for all that follows, and two for the gradients. */
final class BatchNormPasses {
    /** Of arrays for the kernels: with shorter ones a sum would wait for the one before. */
    private static final int LEAST_LENGTH = 128;
    /** So many numbers are summed in single precision before they are added up in double. */
    private static final long SINGLE_PRECISION_SUMS = 128;

    private final Parallel parallel;
    private final BatchNormKernels kernels;

    BatchNormPasses(CpuRuntime runtime) {
        this(runtime, Kernels.of(BatchNormKernels.class));
    }

    BatchNormPasses(CpuRuntime runtime, BatchNormKernels kernels) {
        this.parallel = runtime.parallel();
        this.kernels = kernels;
    }

    /**
     * Mean and biased variance of each channel.
     *
     * @param x with channels last, not empty
     */
    void statistics(CpuStorage x, CpuStorage mean, CpuStorage variance) {
        int channels = (int) mean.shape().elements();
        double pixels = x.shape().elements() / channels;
        float[] pivot = repeated(values(x, channels)); // the first pixel
        double[][] sums = sums(
                x,
                channels,
                (bytes, elements, sum, square) -> kernels.sums(x.address + bytes, elements, pivot, sum, square));
        for (int channel = 0; channel < channels; channel++) {
            double distance = sums[0][channel] / pixels;
            double square = sums[1][channel] / pixels;
            set(mean, channel, pivot[channel] + distance);
            set(variance, channel, Math.max(0, square - distance * distance));
        }
    }

    /**
     * {@code scale / √(variance + epsilon)} for each channel is the factor.
     *
     * @param shift null for zeros
     */
    Channels channels(Storage scale, Storage shift, Storage mean, Storage variance, float epsilon) {
        int count = (int) scale.shape().elements();
        float[] factors = values(scale, count);
        float[] variances = values(variance, count);
        for (int channel = 0; channel < count; channel++) {
            factors[channel] /= (float) Math.sqrt((double) variances[channel] + epsilon);
        }
        return channels(values(mean, count), factors, shift == null ? new float[count] : values(shift, count));
    }

    Channels channels(float[] mean, float[] factor, float[] shift) {
        return new Channels(mean.length, repeated(mean), repeated(factor), repeated(shift));
    }

    /** Over and over again, up to {@link #length}. */
    private float[] repeated(float[] channels) {
        float[] values = new float[length(channels.length)];
        for (int i = 0; i < values.length; i += channels.length) {
            System.arraycopy(channels, 0, values, i, channels.length);
        }
        return values;
    }

    /** Of arrays for the kernels: repeated channels that whole vectors fill. */
    private int length(int channels) {
        int length = channels;
        while (length % kernels.lanes() != 0 || length < LEAST_LENGTH) {
            length += channels;
        }
        return length;
    }

    /**
     * {@code y = activation(factor · (x − mean) + shift + residual)}.
     *
     * @param x with channels last; likewise {@code y} and {@code residual}, which may be null
     * @param relu whether the activation is ReLU, or none
     */
    void apply(CpuStorage x, CpuStorage residual, Channels channels, boolean relu, CpuStorage y) {
        forParts(x, channels.count(), threads(x), (part, bytes, elements) -> {
            long addend = residual == null ? 0 : residual.address + bytes;
            kernels.apply(x.address + bytes, addend, y.address + bytes, elements, channels, relu);
        });
    }

    /**
     * The gradients of {@link #apply} with the statistics of {@link #statistics}, without residual: with {@code d = x − mean},
     * {@code g} the gradient behind the ReLU and {@code v = variance + epsilon}, {@code scaleGradient = Σ g·d / √v},
     * {@code shiftGradient = Σ g} and {@code result = factor · (g − Σ g / n − d · Σ g·d / (v·n))}.
     *
     * @param result may lie where the gradient does
     */
    void backward(
            CpuStorage gradient,
            CpuStorage x,
            Channels channels,
            boolean relu,
            Storage variance,
            float epsilon,
            CpuStorage result,
            CpuStorage scaleGradient,
            CpuStorage shiftGradient) {
        int count = channels.count();
        double pixels = x.shape().elements() / count;
        double[][] sums = sums(
                x,
                count,
                (bytes, elements, sum, product) -> kernels.gradientSums(
                        gradient.address + bytes, x.address + bytes, elements, channels, relu, sum, product));
        float[] variances = values(variance, count);
        float[] slopes = new float[count];
        float[] offsets = new float[count];
        for (int channel = 0; channel < count; channel++) {
            double v = (double) variances[channel] + epsilon;
            double factor = channels.factor()[channel];
            slopes[channel] = (float) (-factor * sums[1][channel] / (v * pixels));
            offsets[channel] = (float) (-factor * sums[0][channel] / pixels);
            set(scaleGradient, channel, sums[1][channel] / Math.sqrt(v));
            set(shiftGradient, channel, sums[0][channel]);
        }
        float[] slope = repeated(slopes);
        float[] offset = repeated(offsets);
        forParts(
                x,
                count,
                threads(x),
                (part, bytes, elements) -> kernels.gradient(
                        gradient.address + bytes,
                        x.address + bytes,
                        result.address + bytes,
                        elements,
                        channels,
                        relu,
                        slope,
                        offset));
    }

    /** Adds two sums over some elements, the first of which is so many bytes behind the images' first. */
    private interface Sums {
        void add(long bytes, long elements, float[] first, float[] second);
    }

    /** Both sums of each channel over all pixels. */
    private double[][] sums(CpuStorage x, int channels, Sums body) {
        int parts = threads(x);
        double[][][] sums = new double[parts][2][channels];
        forParts(x, channels, parts, (part, bytes, elements) -> {
            int length = length(channels);
            float[] first = new float[length];
            float[] second = new float[length];
            long most = length * SINGLE_PRECISION_SUMS;
            for (long from = 0; from < elements; from += most) {
                body.add(bytes + from * Float.BYTES, Math.min(most, elements - from), first, second);
                move(first, sums[part][0]);
                move(second, sums[part][1]);
            }
        });
        for (int part = 1; part < parts; part++) {
            for (int channel = 0; channel < channels; channel++) {
                sums[0][0][channel] += sums[part][0][channel];
                sums[0][1][channel] += sums[part][1][channel];
            }
        }
        return sums[0];
    }

    private static void move(float[] repeated, double[] channels) {
        for (int from = 0; from < repeated.length; from += channels.length) {
            for (int channel = 0; channel < channels.length; channel++) {
                channels[channel] += repeated[from + channel];
            }
        }
        Arrays.fill(repeated, 0);
    }

    /** Some pixels' elements, the first of which is so many bytes behind the images' first. */
    private interface Part {
        void run(int part, long bytes, long elements);
    }

    private void forParts(CpuStorage x, int channels, int parts, Part body) {
        long pixels = x.shape().elements() / channels;
        parallel.run(parts, 1, (from, to) -> {
            for (int part = (int) from; part < to; part++) {
                long first = pixels * part / parts;
                long end = pixels * (part + 1) / parts;
                body.run(part, first * channels * Float.BYTES, (end - first) * channels);
            }
        });
    }

    private int threads(CpuStorage x) {
        return (int) Math.min(parallel.threads(), Math.max(1, x.shape().elements() / Parallel.GRAIN));
    }

    private static float[] values(Storage vector, int count) {
        return NativeMemory.segment(((CpuStorage) vector).address, (long) count * Float.BYTES)
                .toArray(JAVA_FLOAT);
    }

    private static void set(CpuStorage vector, int channel, double value) {
        NativeMemory.ALL.set(JAVA_FLOAT, vector.address + (long) channel * Float.BYTES, (float) value);
    }
}
