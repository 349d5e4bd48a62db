package dev.tandem.backend.meta;

import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.MemoryStats;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Shapes of copies, and the bytes that a device would hold. */
final class MetaMemory implements MemoryOps {
    private long liveBytes;
    private long peakBytes;
    private long liveBlocks;
    private long allocations;

    @Override
    public Storage allocate(Shape shape, DType dtype) {
        MetaStorage.Block block = new MetaStorage.Block(Math.multiplyExact(shape.elements(), dtype.bytes()));
        liveBytes += block.bytes;
        peakBytes = Math.max(peakBytes, liveBytes);
        liveBlocks++;
        allocations++;
        return new MetaStorage(this, shape, dtype, block);
    }

    /** An image batch. */
    Storage allocate(long n, long c, long h, long w, DType dtype) {
        return allocate(Shape.of(n, c, h, w), dtype);
    }

    /** Of another's shape and type. */
    Storage like(Storage storage) {
        return allocate(storage.shape(), storage.dtype());
    }

    void freed(MetaStorage.Block block) {
        liveBytes -= block.bytes;
        liveBlocks--;
    }

    @Override
    public void write(MemorySegment source, Storage target) {}

    @Override
    public void download(Storage source, MemorySegment target) {
        target.fill((byte) 0);
    }

    @Override
    public void write(double value, Storage target) {}

    @Override
    public Storage copy(Storage source) {
        return like(source);
    }

    @Override
    public void write(Storage source, Storage target) {}

    @Override
    public Storage cast(Storage source, DType dtype) {
        return allocate(source.shape(), dtype);
    }

    @Override
    public Storage reshape(Storage source, Shape shape) {
        return new MetaStorage((MetaStorage) source, shape);
    }

    @Override
    public Storage view(Storage source, long offset, Shape shape) {
        return reshape(source, shape);
    }

    @Override
    public Storage permute(Storage source, int[] order) {
        long[] sizes = new long[order.length];
        for (int axis = 0; axis < order.length; axis++) {
            sizes[axis] = source.shape().size(order[axis]);
        }
        return allocate(Shape.of(sizes), source.dtype());
    }

    @Override
    public Storage slice(Storage source, long[] start, long[] step, Shape size) {
        return allocate(size, source.dtype());
    }

    @Override
    public Storage unslice(Storage source, long[] start, long[] step, Shape outer) {
        return allocate(outer, source.dtype());
    }

    @Override
    public Storage expand(Storage source, Shape shape) {
        return allocate(shape, source.dtype());
    }

    @Override
    public Storage concat(List<Storage> parts, int axis) {
        Storage first = parts.get(0);
        long size = parts.stream().mapToLong(part -> part.shape().size(axis)).sum();
        return allocate(first.shape().with(axis, size), first.dtype());
    }

    @Override
    public Storage pad(Storage source, long[] before, long[] after, PadMode mode, double value) {
        long[] sizes = source.shape().toArray();
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] += before[axis] + after[axis];
        }
        return allocate(Shape.of(sizes), source.dtype());
    }

    @Override
    public Storage padBackward(Storage gradient, Shape source, long[] before, long[] after, PadMode mode) {
        return allocate(source, gradient.dtype());
    }

    @Override
    public MemoryStats stats() {
        return new MemoryStats(liveBytes, 0, peakBytes, Long.MAX_VALUE, liveBlocks, allocations);
    }

    @Override
    public void trim() {}

    @Override
    public void resetPeak() {
        peakBytes = liveBytes;
    }

    @Override
    public List<String> liveReport() {
        return List.of(liveBlocks + " blocks of " + liveBytes + " bytes in all");
    }
}
