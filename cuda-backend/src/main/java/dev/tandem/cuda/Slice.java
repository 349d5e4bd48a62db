package dev.tandem.cuda;

import dev.tandem.tensor.Shape;

/** A part of an array in steps, and the reverse. */
final class Slice {
    private Slice() {}

    static CudaStorage slice(CudaRuntime runtime, CudaStorage source, long[] start, long[] step, Shape size) {
        long[] strides = source.shape().strides();
        CudaStorage target = runtime.allocate(size, source.dtype());
        StridedCopy.copy(
                runtime,
                source.dtype(),
                size,
                source.address + offset(start, strides) * source.dtype().bytes(),
                stepped(strides, step),
                target.address,
                size.strides());
        return target;
    }

    static CudaStorage unslice(CudaRuntime runtime, CudaStorage source, long[] start, long[] step, Shape outer) {
        long[] strides = outer.strides();
        CudaStorage target = runtime.allocate(outer, source.dtype());
        Fill.fill(runtime, target, 0);
        StridedCopy.copy(
                runtime,
                source.dtype(),
                source.shape(),
                source.address,
                source.shape().strides(),
                target.address + offset(start, strides) * source.dtype().bytes(),
                stepped(strides, step));
        return target;
    }

    /** In elements. */
    static long offset(long[] start, long[] strides) {
        long offset = 0;
        for (int axis = 0; axis < start.length; axis++) {
            offset += start[axis] * strides[axis];
        }
        return offset;
    }

    private static long[] stepped(long[] strides, long[] step) {
        long[] result = strides.clone();
        for (int axis = 0; axis < result.length; axis++) {
            result[axis] *= step[axis];
        }
        return result;
    }
}
