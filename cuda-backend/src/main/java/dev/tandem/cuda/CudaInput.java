package dev.tandem.cuda;

import dev.tandem.backend.Bounds;
import dev.tandem.backend.InputOps;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;

/** Input operations on a GPU. */
final class CudaInput implements InputOps {
    private final CudaRuntime runtime;

    CudaInput(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public Storage images(
            Storage pixels, Storage windows, int height, int width, float[] mean, float[] scale, DType dtype) {
        Bounds.images(pixels, windows, height, width, mean, scale);
        return Images.images(runtime, pixels, windows, height, width, mean, scale, dtype);
    }
}
