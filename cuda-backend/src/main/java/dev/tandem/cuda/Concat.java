package dev.tandem.cuda;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.Shape;
import java.util.List;

/** Arrays one behind the other along an axis. */
final class Concat {
    private Concat() {}

    static CudaStorage concat(CudaRuntime runtime, List<Storage> parts, int axis) {
        long size = 0;
        for (Storage part : parts) {
            size += part.shape().size(axis);
        }
        Shape shape = parts.getFirst().shape().with(axis, size);
        CudaStorage target = runtime.allocate(shape, parts.getFirst().dtype());
        long[] strides = shape.strides();
        long offset = 0;
        for (Storage part : parts) {
            CudaStorage source = (CudaStorage) part;
            StridedCopy.copy(
                    runtime,
                    source.dtype(),
                    source.shape(),
                    source.address,
                    source.shape().strides(),
                    target.address + offset * strides[axis] * source.dtype().bytes(),
                    strides);
            offset += source.shape().size(axis);
        }
        return target;
    }
}
