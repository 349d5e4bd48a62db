package dev.tandem.cuda;

import dev.tandem.tensor.Shape;

/** Another order of the axes. */
final class Permute {
    private Permute() {}

    static CudaStorage permute(CudaRuntime runtime, CudaStorage source, int[] order) {
        long[] strides = source.shape().strides();
        long[] sizes = new long[order.length];
        long[] permuted = new long[order.length];
        for (int axis = 0; axis < order.length; axis++) {
            sizes[axis] = source.shape().size(order[axis]);
            permuted[axis] = strides[order[axis]];
        }
        Shape shape = Shape.of(sizes);
        CudaStorage target = runtime.allocate(shape, source.dtype());
        StridedCopy.copy(runtime, source.dtype(), shape, source.address, permuted, target.address, shape.strides());
        return target;
    }
}
