package dev.tandem.cuda;

import dev.tandem.tensor.Shape;

/** Repeats axes of size 1. */
final class Expand {
    private Expand() {}

    static CudaStorage expand(CudaRuntime runtime, CudaStorage source, Shape shape) {
        CudaStorage target = runtime.allocate(shape, source.dtype());
        StridedCopy.copy(
                runtime,
                source.dtype(),
                shape,
                source.address,
                Walk.broadcast(source.shape(), shape),
                target.address,
                shape.strides());
        return target;
    }
}
