package dev.tandem.cuda;

import dev.tandem.backend.PadMode;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/** A border around an array, and what it gives back to the elements that it was copied from. */
final class Pad {
    private Pad() {}

    static CudaStorage pad(
            CudaRuntime runtime, CudaStorage source, long[] before, long[] after, PadMode mode, double value) {
        long[] sizes = source.shape().toArray();
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] += before[axis] + after[axis];
        }
        Shape shape = Shape.of(sizes);
        CudaStorage target = runtime.allocate(shape, source.dtype());
        if (mode == PadMode.CONSTANT) {
            long[] strides = shape.strides();
            Fill.fill(runtime, target, value);
            StridedCopy.copy(
                    runtime,
                    source.dtype(),
                    source.shape(),
                    source.address,
                    source.shape().strides(),
                    target.address
                            + Slice.offset(before, strides) * source.dtype().bytes(),
                    strides);
        } else if (source.elements() > 0) {
            Walk walk = Walk.unmerged(
                    sizes, source.shape().strides(), before, source.shape().toArray());
            runtime.kernel("pad", "forward", source.dtype())
                    .with(source)
                    .with(target)
                    .with(walk.structure())
                    .with(mode.ordinal())
                    .with(shape.elements())
                    .over(shape.elements());
        }
        return target;
    }

    static CudaStorage padBackward(
            CudaRuntime runtime, CudaStorage gradient, Shape source, long[] before, long[] after, PadMode mode) {
        if (mode == PadMode.CONSTANT || source.elements() == 0) {
            long[] steps = new long[before.length];
            Arrays.fill(steps, 1);
            return Slice.slice(runtime, gradient, before, steps, source);
        }
        CudaStorage result = (CudaStorage) gradient.retain();
        for (int axis = 0; axis < before.length; axis++) {
            if (before[axis] + after[axis] > 0) {
                CudaStorage next = alongAxis(runtime, result, axis, source.size(axis), before[axis], after[axis], mode);
                result.release();
                result = next;
            }
        }
        return result;
    }

    private static CudaStorage alongAxis(
            CudaRuntime runtime, CudaStorage gradient, int axis, long size, long before, long after, PadMode mode) {
        CudaStorage result = runtime.allocate(gradient.shape().with(axis, size), gradient.dtype());
        runtime.kernel("pad", "backward", gradient.dtype())
                .with(gradient)
                .with(result)
                .with(before)
                .with(after)
                .with(size)
                .with(result.shape().strides()[axis])
                .with(mode.ordinal())
                .with(result.elements())
                .over(result.elements());
        return result;
    }
}
