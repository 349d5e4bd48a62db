package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.PadMode;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A border around an array. What is not constant is filled axis by axis with slices of what is there already, so that
 * corners come by themselves. Both directions keep the order.
 */
final class Pad {
    private Pad() {}

    static CpuStorage pad(
            CpuRuntime runtime, CpuStorage source, long[] before, long[] after, PadMode mode, double value) {
        long[] sizes = source.shape().toArray();
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] += before[axis] + after[axis];
        }
        CpuStorage target = runtime.allocate(Shape.of(sizes), source.dtype(), source.order());
        if (mode == PadMode.CONSTANT) {
            Fill.fill(runtime, target, value);
        }
        long[] strides = target.strides();
        StridedCopy.copy(
                runtime,
                source.dtype(),
                source.shape().toArray(),
                source.address,
                source.strides(),
                target.address + Slice.offset(before, strides) * source.dtype().bytes(),
                strides);
        if (mode != PadMode.CONSTANT && source.shape().elements() > 0) {
            for (Border border : borders(source.shape(), before, after, mode)) {
                StridedCopy.copy(
                        runtime,
                        target.dtype(),
                        border.sizes,
                        target.address
                                + Slice.offset(border.from, strides)
                                        * target.dtype().bytes(),
                        strides,
                        target.address
                                + Slice.offset(border.to, strides)
                                        * target.dtype().bytes(),
                        strides);
            }
        }
        return target;
    }

    static CpuStorage padBackward(
            CpuRuntime runtime, CpuStorage gradient, Shape source, long[] before, long[] after, PadMode mode) {
        long[] steps = new long[before.length];
        Arrays.fill(steps, 1);
        if (mode == PadMode.CONSTANT || source.elements() == 0) {
            return Slice.slice(runtime, gradient, before, steps, source);
        }
        CpuStorage sums = floats(runtime, gradient);
        List<Border> borders = borders(source, before, after, mode);
        Collections.reverse(borders); // what pad copied last goes back first
        for (Border border : borders) {
            add(runtime, border, sums);
        }
        CpuStorage inside = Slice.slice(runtime, sums, before, steps, source);
        sums.release();
        CpuStorage result = Cast.cast(runtime, inside, gradient.dtype());
        inside.release();
        return result;
    }

    /** A slice, one thick along some axis, of the padded array that is a copy of another one. */
    private record Border(long[] sizes, long[] from, long[] to) {}

    private static List<Border> borders(Shape source, long[] before, long[] after, PadMode mode) {
        List<Border> borders = new ArrayList<>();
        long[] sizes = source.toArray();
        long[] corner = before.clone();
        for (int axis = 0; axis < sizes.length; axis++) {
            long size = sizes[axis];
            for (long at = -before[axis]; at < 0; at++) {
                borders.add(border(sizes, corner, axis, at, mode == PadMode.REPLICATE ? 0 : -at));
            }
            for (long at = size; at < size + after[axis]; at++) {
                borders.add(
                        border(sizes, corner, axis, at, mode == PadMode.REPLICATE ? size - 1 : 2 * (size - 1) - at));
            }
            sizes[axis] += before[axis] + after[axis];
            corner[axis] = 0;
        }
        return borders;
    }

    private static Border border(long[] sizes, long[] corner, int axis, long at, long origin) {
        Border border = new Border(sizes.clone(), corner.clone(), corner.clone());
        border.sizes[axis] = 1;
        border.from[axis] += origin;
        border.to[axis] += at;
        return border;
    }

    /** A copy in float32. */
    private static CpuStorage floats(CpuRuntime runtime, CpuStorage source) {
        if (source.dtype() != DType.FLOAT32) {
            return Cast.cast(runtime, source, DType.FLOAT32);
        }
        CpuStorage result = runtime.allocateLike(source);
        StridedCopy.copy(runtime, source, result);
        return result;
    }

    /** Adds a border to what it was copied from. */
    private static void add(CpuRuntime runtime, Border border, CpuStorage sums) {
        long[] strides = sums.strides();
        long x = sums.address + Slice.offset(border.to, strides) * Float.BYTES;
        long y = sums.address + Slice.offset(border.from, strides) * Float.BYTES;
        Loop loop = Loop.of(border.sizes, strides);
        long step = loop.rowStride(0) * Float.BYTES;
        loop.run(runtime.parallel(), (at, count) -> {
            for (long i = 0; i < count; i++) {
                long place = at[0] * Float.BYTES + i * step;
                float sum = NativeMemory.ALL.get(JAVA_FLOAT, x + place) + NativeMemory.ALL.get(JAVA_FLOAT, y + place);
                NativeMemory.ALL.set(JAVA_FLOAT, y + place, sum);
            }
        });
    }
}
