package dev.tandem.cpu;

import dev.tandem.tensor.Shape;

/** Every so many elements of each axis, and the reverse. Both keep the order. */
final class Slice {
    private Slice() {}

    static CpuStorage slice(CpuRuntime runtime, CpuStorage source, long[] start, long[] step, Shape size) {
        CpuStorage target = runtime.allocate(size, source.dtype(), source.order());
        long[] strides = source.strides();
        StridedCopy.copy(
                runtime,
                source.dtype(),
                size.toArray(),
                source.address + offset(start, strides) * source.dtype().bytes(),
                times(strides, step),
                target.address,
                target.strides());
        return target;
    }

    static CpuStorage unslice(CpuRuntime runtime, CpuStorage source, long[] start, long[] step, Shape outer) {
        CpuStorage target = runtime.allocate(outer, source.dtype(), source.order());
        if (source.shape().elements() < outer.elements()) {
            Fill.fill(runtime, target, 0);
        }
        long[] strides = target.strides();
        StridedCopy.copy(
                runtime,
                source.dtype(),
                source.shape().toArray(),
                source.address,
                source.strides(),
                target.address + offset(start, strides) * source.dtype().bytes(),
                times(strides, step));
        return target;
    }

    /** Of an element, counted in elements. */
    static long offset(long[] index, long[] strides) {
        long offset = 0;
        for (int axis = 0; axis < index.length; axis++) {
            offset += index[axis] * strides[axis];
        }
        return offset;
    }

    private static long[] times(long[] strides, long[] step) {
        long[] result = strides.clone();
        for (int axis = 0; axis < result.length; axis++) {
            result[axis] *= step[axis];
        }
        return result;
    }
}
