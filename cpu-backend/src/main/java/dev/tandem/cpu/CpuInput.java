package dev.tandem.cpu;

import dev.tandem.backend.Bounds;
import dev.tandem.backend.InputOps;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;

/** Input operations on the CPU. */
final class CpuInput implements InputOps {
    private final CpuRuntime runtime;

    CpuInput(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public Storage images(
            Storage pixels, Storage windows, int height, int width, float[] mean, float[] scale, DType dtype) {
        Bounds.images(pixels, windows, height, width, mean, scale);
        return Images.images(runtime, pixels, windows, height, width, mean, scale, dtype);
    }
}
