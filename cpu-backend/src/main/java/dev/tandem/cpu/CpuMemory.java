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
        throw new UnsupportedOperationException("cpu: allocate");
    }

    @Override
    public void upload(MemorySegment source, Storage target) {
        throw new UnsupportedOperationException("cpu: upload");
    }

    @Override
    public void download(Storage source, MemorySegment target) {
        throw new UnsupportedOperationException("cpu: download");
    }

    @Override
    public void fill(Storage target, double value) {
        throw new UnsupportedOperationException("cpu: fill");
    }

    @Override
    public Storage copy(Storage source) {
        throw new UnsupportedOperationException("cpu: copy");
    }

    @Override
    public void copyInto(Storage source, Storage target) {
        throw new UnsupportedOperationException("cpu: copyInto");
    }

    @Override
    public Storage cast(Storage source, DType dtype) {
        throw new UnsupportedOperationException("cpu: cast");
    }

    @Override
    public Storage reshape(Storage source, Shape shape) {
        throw new UnsupportedOperationException("cpu: reshape");
    }

    @Override
    public Storage view(Storage source, long offset, Shape shape) {
        throw new UnsupportedOperationException("cpu: view");
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
        throw new UnsupportedOperationException("cpu: stats");
    }

    @Override
    public void trim() {
        throw new UnsupportedOperationException("cpu: trim");
    }

    @Override
    public void resetPeak() {
        throw new UnsupportedOperationException("cpu: resetPeak");
    }

    @Override
    public List<String> liveReport() {
        throw new UnsupportedOperationException("cpu: liveReport");
    }
}
