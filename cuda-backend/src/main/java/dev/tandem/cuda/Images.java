package dev.tandem.cuda;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/** Bytes of images to what networks take. */
final class Images {
    private static final int MOST_CHANNELS = 16;

    private Images() {}

    static CudaStorage images(
            CudaRuntime runtime,
            Storage pixels,
            Storage windows,
            int height,
            int width,
            float[] mean,
            float[] scale,
            DType dtype) {
        Shape from = pixels.shape();
        int channels = Math.toIntExact(from.size(3));
        if (channels > MOST_CHANNELS) {
            throw new UnsupportedOperationException(
                    "cuda: images of " + channels + " channels; at most " + MOST_CHANNELS + " are supported");
        }
        int[] sizes = {Math.toIntExact(from.size(1)), Math.toIntExact(from.size(2)), channels, height, width};
        float[] normalization = Arrays.copyOf(mean, 2 * MOST_CHANNELS);
        System.arraycopy(scale, 0, normalization, MOST_CHANNELS, scale.length);
        CudaStorage result = runtime.allocate(Shape.of(from.size(0), channels, height, width), dtype);
        runtime.kernel("images", "images", dtype)
                .with((CudaStorage) pixels)
                .with((CudaStorage) windows)
                .with(result)
                .with(sizes)
                .with(normalization)
                .with(result.elements())
                .over(result.elements());
        return result;
    }
}
