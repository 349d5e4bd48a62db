package dev.tandem.cuda;

import dev.tandem.backend.Bounds;
import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.MemoryStats;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;

/** Memory operations on a GPU. */
final class CudaMemory implements MemoryOps {
    private final CudaRuntime runtime;

    CudaMemory(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public Storage allocate(Shape shape, DType dtype) {
        return runtime.allocate(shape, dtype);
    }

    @Override
    public void write(MemorySegment source, Storage target) {
        Bounds.transfer("upload", source, target);
        runtime.uploads().upload(source, ((CudaStorage) target).address);
    }

    @Override
    public void download(Storage source, MemorySegment target) {
        Bounds.transfer("download", target, source);
        runtime.uploads().download(((CudaStorage) source).address, target);
    }

    @Override
    public void write(double value, Storage target) {
        Fill.fill(runtime, (CudaStorage) target, value);
    }

    @Override
    public Storage copy(Storage source) {
        return runtime.copy((CudaStorage) source);
    }

    @Override
    public void write(Storage source, Storage target) {
        Bounds.alike("copy", target, source);
        CudaStorage from = (CudaStorage) source;
        StridedCopy.copyBytes(runtime, from.address, ((CudaStorage) target).address, from.bytes());
    }

    @Override
    public Storage cast(Storage source, DType dtype) {
        return Cast.cast(runtime, (CudaStorage) source, dtype);
    }

    @Override
    public Storage reshape(Storage source, Shape shape) {
        Bounds.reshape(source, shape);
        return shape.equals(source.shape()) ? source.retain() : ((CudaStorage) source).view(0, shape);
    }

    @Override
    public Storage view(Storage source, long offset, Shape shape) {
        Bounds.view(source, offset, shape);
        return ((CudaStorage) source).view(offset, shape);
    }

    @Override
    public Storage permute(Storage source, int[] order) {
        Bounds.permute(source, order);
        return Permute.permute(runtime, (CudaStorage) source, order);
    }

    @Override
    public Storage slice(Storage source, long[] start, long[] step, Shape size) {
        Bounds.slice("slice", source.shape(), start, step, size);
        return Slice.slice(runtime, (CudaStorage) source, start, step, size);
    }

    @Override
    public Storage unslice(Storage source, long[] start, long[] step, Shape outer) {
        Bounds.slice("unslice", outer, start, step, source.shape());
        return Slice.unslice(runtime, (CudaStorage) source, start, step, outer);
    }

    @Override
    public Storage expand(Storage source, Shape shape) {
        Bounds.expand(source, shape);
        return Expand.expand(runtime, (CudaStorage) source, shape);
    }

    @Override
    public Storage concat(List<Storage> parts, int axis) {
        Bounds.concat(parts, axis);
        return Concat.concat(runtime, parts, axis);
    }

    @Override
    public Storage pad(Storage source, long[] before, long[] after, PadMode mode, double value) {
        Bounds.pad(source.shape(), before, after, mode);
        return Pad.pad(runtime, (CudaStorage) source, before, after, mode, value);
    }

    @Override
    public Storage padBackward(Storage gradient, Shape source, long[] before, long[] after, PadMode mode) {
        Bounds.padBackward(gradient, source, before, after, mode);
        return Pad.padBackward(runtime, (CudaStorage) gradient, source, before, after, mode);
    }

    @Override
    public MemoryStats stats() {
        return runtime.allocator().stats();
    }

    @Override
    public OptionalLong freeBytes() {
        return OptionalLong.of(runtime.memory().info()[0]);
    }

    /** Waits for the device, since what is given back may still be in use. */
    @Override
    public void trim() {
        runtime.synchronize();
        runtime.allocator().trim();
    }

    @Override
    public void resetPeak() {
        runtime.allocator().resetPeak();
    }

    @Override
    public List<String> liveReport() {
        return runtime.allocator().liveReport();
    }

    @Override
    public String cacheReport() {
        return runtime.caches().describe();
    }
}
