package dev.tandem.cpu;

import dev.tandem.backend.Bounds;
import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.MemoryStats;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Memory operations on the CPU. */
final class CpuMemory implements MemoryOps {
    private final CpuRuntime runtime;

    CpuMemory(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public Storage allocate(Shape shape, DType dtype) {
        return runtime.allocate(shape, dtype);
    }

    @Override
    public void write(MemorySegment source, Storage target) {
        Bounds.transfer("upload", source, target);
        CpuStorage to = (CpuStorage) target;
        if (to.isAlsoPlain()) {
            to.segment().copyFrom(source);
            return;
        }
        CpuStorage plain = runtime.allocate(to.shape(), to.dtype());
        plain.segment().copyFrom(source);
        StridedCopy.copy(runtime, plain, to);
        plain.release();
    }

    @Override
    public void download(Storage source, MemorySegment target) {
        Bounds.transfer("download", target, source);
        CpuStorage plain = runtime.plain(source);
        target.copyFrom(plain.segment());
        plain.release();
    }

    @Override
    public void write(double value, Storage target) {
        Fill.fill(runtime, (CpuStorage) target, value);
    }

    @Override
    public Storage copy(Storage source) {
        CpuStorage to = runtime.allocateLike((CpuStorage) source);
        StridedCopy.copy(runtime, (CpuStorage) source, to);
        return to;
    }

    @Override
    public void write(Storage source, Storage target) {
        Bounds.alike("copy", target, source);
        StridedCopy.copy(runtime, (CpuStorage) source, (CpuStorage) target);
    }

    @Override
    public CpuStorage cast(Storage source, DType dtype) {
        return Cast.cast(runtime, (CpuStorage) source, dtype);
    }

    @Override
    public Storage reshape(Storage source, Shape shape) {
        Bounds.reshape(source, shape);
        CpuStorage from = (CpuStorage) source;
        if (shape.equals(from.shape())) {
            return from.retain();
        }
        CpuStorage plain = runtime.plain(from);
        CpuStorage result = plain.view(0, shape);
        plain.release();
        return result;
    }

    @Override
    public Storage view(Storage source, long offset, Shape shape) {
        Bounds.view(source, offset, shape);
        return ((CpuStorage) source).view(offset, shape);
    }

    @Override
    public Storage permute(Storage source, int[] order) {
        Bounds.permute(source, order);
        return Permute.permute(runtime, (CpuStorage) source, order);
    }

    @Override
    public Storage slice(Storage source, long[] start, long[] step, Shape size) {
        Bounds.slice("slice", source.shape(), start, step, size);
        return Slice.slice(runtime, (CpuStorage) source, start, step, size);
    }

    @Override
    public Storage unslice(Storage source, long[] start, long[] step, Shape outer) {
        Bounds.slice("unslice", outer, start, step, source.shape());
        return Slice.unslice(runtime, (CpuStorage) source, start, step, outer);
    }

    @Override
    public Storage expand(Storage source, Shape shape) {
        Bounds.expand(source, shape);
        return Expand.expand(runtime, (CpuStorage) source, shape);
    }

    @Override
    public Storage concat(List<Storage> parts, int axis) {
        Bounds.concat(parts, axis);
        return Concat.concat(runtime, parts, axis);
    }

    @Override
    public Storage pad(Storage source, long[] before, long[] after, PadMode mode, double value) {
        Bounds.pad(source.shape(), before, after, mode);
        return Pad.pad(runtime, (CpuStorage) source, before, after, mode, value);
    }

    @Override
    public Storage padBackward(Storage gradient, Shape source, long[] before, long[] after, PadMode mode) {
        Bounds.padBackward(gradient, source, before, after, mode);
        return Pad.padBackward(runtime, (CpuStorage) gradient, source, before, after, mode);
    }

    @Override
    public MemoryStats stats() {
        return runtime.allocator().stats();
    }

    @Override
    public void trim() {
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
