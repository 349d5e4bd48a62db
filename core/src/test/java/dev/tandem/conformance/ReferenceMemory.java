package dev.tandem.conformance;

import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.MemoryStats;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Copies between orders, one element at a time. */
final class ReferenceMemory implements MemoryOps {
    private final ReferenceHeap heap;

    ReferenceMemory(ReferenceHeap heap) {
        this.heap = heap;
    }

    /** Which source element stands at a position of the result; −1 for none. */
    private interface Source {
        int element(long[] index);
    }

    private ReferenceStorage gather(ReferenceStorage source, Shape shape, Source from) {
        ReferenceStorage result = heap.allocate(shape, source.dtype());
        for (int i = 0; i < result.elements(); i++) {
            int element = from.element(Index.of(i, shape));
            if (element >= 0) {
                result.take(i, source, element);
            } else {
                result.set(i, 0);
            }
        }
        return result;
    }

    private static ReferenceStorage of(Storage storage) {
        return (ReferenceStorage) storage;
    }

    @Override
    public Storage allocate(Shape shape, DType dtype) {
        return heap.allocate(shape, dtype);
    }

    @Override
    public void write(MemorySegment source, Storage target) {
        ReferenceStorage to = of(target);
        for (int i = 0; i < to.elements(); i++) {
            switch (to.dtype()) {
                case FLOAT32 -> to.set(i, source.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i));
                case BFLOAT16, FLOAT16 -> {
                    short bits = source.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i);
                    to.set(i, Rounding.fromBits(bits, to.dtype()));
                }
                case INT32 -> to.setInteger(i, source.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * i));
                case INT64 -> to.setInteger(i, source.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i));
                case UINT8 -> to.setInteger(i, source.get(ValueLayout.JAVA_BYTE, i));
            }
        }
    }

    @Override
    public void download(Storage source, MemorySegment target) {
        ReferenceStorage from = of(source);
        for (int i = 0; i < from.elements(); i++) {
            switch (from.dtype()) {
                case FLOAT32 -> target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, (float) from.get(i));
                case BFLOAT16, FLOAT16 -> {
                    double value = Rounding.round(from.get(i), from.dtype());
                    target.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, Rounding.toBits(value, from.dtype()));
                }
                case INT32 -> target.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * i, (int) from.integer(i));
                case INT64 -> target.set(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i, from.integer(i));
                case UINT8 -> target.set(ValueLayout.JAVA_BYTE, i, (byte) from.integer(i));
            }
        }
    }

    @Override
    public void write(double value, Storage target) {
        for (int i = 0; i < of(target).elements(); i++) {
            of(target).set(i, value);
        }
    }

    @Override
    public Storage copy(Storage source) {
        Storage result = allocate(source.shape(), source.dtype());
        copyInto(source, result);
        return result;
    }

    @Override
    public void write(Storage source, Storage target) {
        for (int i = 0; i < of(target).elements(); i++) {
            of(target).take(i, of(source), i);
        }
    }

    @Override
    public Storage cast(Storage source, DType dtype) {
        ReferenceStorage from = of(source);
        ReferenceStorage result = heap.allocate(source.shape(), dtype);
        for (int i = 0; i < result.elements(); i++) {
            if (dtype.isFloating()) {
                // A long goes to float in one rounding, not by way of double.
                double value =
                        dtype == DType.FLOAT32 && !from.dtype().isFloating() ? (float) from.integer(i) : from.get(i);
                result.set(i, Rounding.round(value, dtype));
            } else if (from.dtype().isFloating()) {
                result.setInteger(i, (long) from.get(i));
            } else {
                result.setInteger(i, from.integer(i));
            }
        }
        return result;
    }

    @Override
    public Storage reshape(Storage source, Shape shape) {
        return of(source).view(0, shape);
    }

    @Override
    public Storage view(Storage source, long offset, Shape shape) {
        return of(source).view(offset, shape);
    }

    @Override
    public Storage permute(Storage source, int[] order) {
        long[] sizes = new long[order.length];
        for (int axis = 0; axis < order.length; axis++) {
            sizes[axis] = source.shape().size(order[axis]);
        }
        return gather(of(source), Shape.of(sizes), index -> {
            long[] from = new long[order.length];
            for (int axis = 0; axis < order.length; axis++) {
                from[order[axis]] = index[axis];
            }
            return Index.element(from, source.shape());
        });
    }

    @Override
    public Storage slice(Storage source, long[] start, long[] step, Shape size) {
        return gather(of(source), size, index -> {
            for (int axis = 0; axis < index.length; axis++) {
                index[axis] = start[axis] + index[axis] * step[axis];
            }
            return Index.element(index, source.shape());
        });
    }

    @Override
    public Storage unslice(Storage source, long[] start, long[] step, Shape outer) {
        return gather(of(source), outer, index -> {
            for (int axis = 0; axis < index.length; axis++) {
                long distance = index[axis] - start[axis];
                if (distance < 0
                        || distance % step[axis] != 0
                        || distance / step[axis] >= source.shape().size(axis)) {
                    return -1;
                }
                index[axis] = distance / step[axis];
            }
            return Index.element(index, source.shape());
        });
    }

    @Override
    public Storage expand(Storage source, Shape shape) {
        return gather(of(source), shape, index -> Index.broadcast(index, source.shape()));
    }

    @Override
    public Storage concat(List<Storage> parts, int axis) {
        long total = parts.stream().mapToLong(part -> part.shape().size(axis)).sum();
        Storage head = parts.get(0);
        ReferenceStorage result = heap.allocate(head.shape().with(axis, total), head.dtype());
        long before = 0;
        for (Storage part : parts) {
            for (int i = 0; i < of(part).elements(); i++) {
                long[] index = Index.of(i, part.shape());
                index[axis] += before;
                result.take(Index.element(index, result.shape()), of(part), i);
            }
            before += part.shape().size(axis);
        }
        return result;
    }

    @Override
    public Storage pad(Storage source, long[] before, long[] after, PadMode mode, double value) {
        long[] sizes = source.shape().toArray();
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] += before[axis] + after[axis];
        }
        ReferenceStorage result = heap.allocate(Shape.of(sizes), source.dtype());
        for (int i = 0; i < result.elements(); i++) {
            int from = padSource(Index.of(i, result.shape()), source.shape(), before, mode);
            if (from >= 0) {
                result.take(i, of(source), from);
            } else {
                result.set(i, value);
            }
        }
        return result;
    }

    @Override
    public Storage padBackward(Storage gradient, Shape source, long[] before, long[] after, PadMode mode) {
        ReferenceStorage result = heap.allocate(source, gradient.dtype());
        fill(result, 0);
        for (int i = 0; i < of(gradient).elements(); i++) {
            int from = padSource(Index.of(i, gradient.shape()), source, before, mode);
            if (from >= 0) {
                result.add(from, of(gradient).get(i));
            }
        }
        return result;
    }

    /** Which element pad copies to a position; −1 for the constant. */
    private static int padSource(long[] index, Shape source, long[] before, PadMode mode) {
        for (int axis = 0; axis < index.length; axis++) {
            long size = source.size(axis);
            long at = index[axis] - before[axis];
            if (at < 0 || at >= size) {
                if (mode == PadMode.CONSTANT) {
                    return -1;
                }
                if (mode == PadMode.REPLICATE) {
                    at = Math.clamp(at, 0, size - 1);
                } else {
                    at = at < 0 ? -at : 2 * (size - 1) - at;
                }
            }
            index[axis] = at;
        }
        return Index.element(index, source);
    }

    @Override
    public MemoryStats stats() {
        return heap.stats();
    }

    @Override
    public void trim() {}

    @Override
    public void resetPeak() {
        heap.resetPeak();
    }

    @Override
    public List<String> liveReport() {
        return heap.report();
    }
}
