package dev.tandem.cpu;

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
    public void upload(MemorySegment source, Storage target) {
        NativeMemory.ALL
                .asSlice(((CpuStorage) target).address, source.byteSize())
                .copyFrom(source);
    }

    @Override
    public void download(Storage source, MemorySegment target) {
        CpuStorage plain = runtime.plain(source);
        target.copyFrom(plain.segment());
        plain.release();
    }

    @Override
    public void fill(Storage target, double value) {
        CpuStorage to = (CpuStorage) target;
        if (value == 0 && 1 / value > 0) {
            to.segment().fill((byte) 0);
            return;
        }
        runtime.parallel().run(to.shape().elements(), (from, end) -> {
            for (long i = from; i < end; i++) {
                Conversion.set(to.dtype(), to.address, i, value);
            }
        });
    }

    @Override
    public Storage copy(Storage source) {
        CpuStorage from = (CpuStorage) source;
        CpuStorage to = runtime.allocateLike(from);
        copyBytes(from, to);
        return to;
    }

    @Override
    public void copyInto(Storage source, Storage target) {
        CpuStorage to = (CpuStorage) target;
        CpuStorage from = runtime.in(to.order(), source);
        copyBytes(from, to);
        from.release();
    }

    @Override
    public CpuStorage cast(Storage source, DType dtype) {
        CpuStorage from = (CpuStorage) source;
        if (from.dtype() == dtype) {
            return (CpuStorage) from.retain();
        }
        CpuStorage to = CpuStorage.allocate(runtime.allocator(), from.shape(), dtype, from.order());
        runtime.parallel()
                .run(
                        from.shape().elements(),
                        (start, end) -> Conversion.convert(from.dtype(), from.address, dtype, to.address, start, end));
        return to;
    }

    @Override
    public Storage reshape(Storage source, Shape shape) {
        CpuStorage plain = runtime.plain(source);
        CpuStorage result = plain.view(0, shape);
        plain.release();
        return result;
    }

    @Override
    public Storage view(Storage source, long offset, Shape shape) {
        return ((CpuStorage) source).view(offset, shape);
    }

    @Override
    public Storage permute(Storage source, int[] order) {
        throw new UnsupportedOperationException("cpu: permute");
    }

    @Override
    public Storage slice(Storage source, long[] start, long[] step, Shape size) {
        throw new UnsupportedOperationException("cpu: slice");
    }

    @Override
    public Storage unslice(Storage source, long[] start, long[] step, Shape outer) {
        throw new UnsupportedOperationException("cpu: unslice");
    }

    @Override
    public Storage expand(Storage source, Shape shape) {
        throw new UnsupportedOperationException("cpu: expand");
    }

    @Override
    public Storage concat(List<Storage> parts, int axis) {
        throw new UnsupportedOperationException("cpu: concat");
    }

    @Override
    public Storage pad(Storage source, long[] before, long[] after, PadMode mode, double value) {
        throw new UnsupportedOperationException("cpu: pad");
    }

    @Override
    public Storage padBackward(Storage gradient, Shape source, long[] before, long[] after, PadMode mode) {
        throw new UnsupportedOperationException("cpu: padBackward");
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

    private void copyBytes(CpuStorage from, CpuStorage to) {
        runtime.parallel()
                .run(
                        from.bytes(),
                        4 * Parallel.GRAIN,
                        (start, end) -> MemorySegment.copy(
                                NativeMemory.ALL,
                                from.address + start,
                                NativeMemory.ALL,
                                to.address + start,
                                end - start));
    }
}
