package dev.tandem.cpu;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;

/**
 * Local response normalisation by own loops over channels-last images: on AVX2 oneDNN has only slow reference code for its
 * backward, and windows of even size lie the other way round there. Backward computes the divisors again, which is cheaper
 * than to keep them.
 */
final class LocalResponseNorm {
    /**
     * What is the same for all pixels: each element is divided by {@code (k + alpha · Σ x²)^beta} over the {@code back}
     * channels before it, itself, and the {@code ahead} channels behind it.
     */
    record Neighbours(int channels, int back, int ahead, float alpha, float beta, float k) {
        static Neighbours of(long channels, int size, float alpha, float beta, float k) {
            return new Neighbours(Math.toIntExact(channels), size / 2, (size - 1) / 2, alpha / size, beta, k);
        }
    }

    private final CpuRuntime runtime;
    private final LocalResponseNormKernels kernels = Kernels.of(LocalResponseNormKernels.class);

    LocalResponseNorm(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    Result forward(Storage x, int size, float alpha, float beta, float k) {
        CpuStorage.requireFloat32("local response norm", x);
        CpuStorage output = runtime.allocate(x.shape(), DType.FLOAT32, Order.CHANNELS_LAST);
        if (x.shape().elements() > 0) {
            CpuStorage source = runtime.channelsLast(x);
            Neighbours neighbours = Neighbours.of(x.shape().size(1), size, alpha, beta, k);
            forPixels(
                    source,
                    (offset, pixels) ->
                            kernels.forward(neighbours, source.address + offset, output.address + offset, pixels));
            source.release();
        }
        return new Result(output, null);
    }

    Storage backward(Storage gradient, Storage x, int size, float alpha, float beta, float k) {
        CpuStorage.requireFloat32("local response norm", gradient, x);
        CpuStorage result = runtime.allocate(x.shape(), DType.FLOAT32, Order.CHANNELS_LAST);
        if (x.shape().elements() > 0) {
            CpuStorage source = runtime.channelsLast(x);
            CpuStorage outputGradient = runtime.channelsLast(gradient);
            Neighbours neighbours = Neighbours.of(x.shape().size(1), size, alpha, beta, k);
            forPixels(
                    source,
                    (offset, pixels) -> kernels.backward(
                            neighbours,
                            outputGradient.address + offset,
                            source.address + offset,
                            result.address + offset,
                            pixels));
            outputGradient.release();
            source.release();
        }
        return result;
    }

    /** Some neighbouring pixels, from a number of bytes on. */
    private interface Pixels {
        void run(long offset, long count);
    }

    private void forPixels(CpuStorage images, Pixels body) {
        long channels = images.shape().size(1);
        runtime.parallel()
                .run(
                        images.shape().elements() / channels,
                        Math.max(1, Parallel.GRAIN / (4 * channels)),
                        (from, to) -> body.run(from * channels * Float.BYTES, to - from));
    }
}
