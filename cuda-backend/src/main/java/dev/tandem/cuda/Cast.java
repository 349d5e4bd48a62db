package dev.tandem.cuda;

import dev.tandem.tensor.DType;

/** Conversion between types. */
final class Cast {
    private Cast() {}

    static CudaStorage cast(CudaRuntime runtime, CudaStorage source, DType dtype) {
        if (source.dtype() == dtype) {
            return runtime.copy(source);
        }
        CudaStorage target = runtime.allocate(source.shape(), dtype);
        runtime.kernel("cast", "cast", source.dtype(), dtype)
                .with(source)
                .with(target)
                .with(source.elements())
                .over(source.elements());
        return target;
    }
}
