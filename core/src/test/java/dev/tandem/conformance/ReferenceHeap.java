package dev.tandem.conformance;

import dev.tandem.backend.MemoryStats;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** Counts what a reference device holds. */
final class ReferenceHeap {
    private final Set<ReferenceStorage.Block> live = Collections.newSetFromMap(new IdentityHashMap<>());
    private long liveBytes;
    private long peakBytes;
    private long allocations;

    ReferenceStorage allocate(Shape shape, DType dtype) {
        ReferenceStorage.Block block = new ReferenceStorage.Block(shape, dtype);
        live.add(block);
        allocations++;
        liveBytes += block.bytes;
        peakBytes = Math.max(peakBytes, liveBytes);
        return new ReferenceStorage(this, block, 0, shape, dtype);
    }

    /** A float32 storage of doubles that no float could hold, for finite differences. */
    ReferenceStorage of(Shape shape, double... values) {
        ReferenceStorage result = allocate(shape, DType.FLOAT32);
        for (int i = 0; i < values.length; i++) {
            result.set(i, values[i]);
        }
        return result;
    }

    void free(ReferenceStorage.Block block) {
        live.remove(block);
        liveBytes -= block.bytes;
    }

    void resetPeak() {
        peakBytes = liveBytes;
    }

    MemoryStats stats() {
        return new MemoryStats(liveBytes, 0, peakBytes, Runtime.getRuntime().maxMemory(), live.size(), allocations);
    }

    List<String> report() {
        return live.stream()
                .sorted(Comparator.comparingLong((ReferenceStorage.Block block) -> block.bytes)
                        .reversed())
                .map(block -> block.bytes + " bytes: " + block.owner)
                .toList();
    }
}
