package dev.tandem.cuda;

import dev.tandem.backend.OptimizerOps.Buffers;
import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The segments of flat buffers cut into chunks, a block each, in tables on the device. They are the same for a whole run, so they
 * are uploaded once.
 */
final class FlatUpdate implements AutoCloseable {
    private static final long CHUNK = 4096;
    private static final int CHUNK_BYTES = 16;
    private static final int SETTING_BYTES = 20;

    private final CudaRuntime runtime;
    private final List<Segment> segments;
    private final long chunks;
    private final long settings;
    private final long chunkCount;

    FlatUpdate(CudaRuntime runtime, List<Segment> segments) {
        this.runtime = runtime;
        this.segments = List.copyOf(segments);
        List<long[]> table = new ArrayList<>();
        int[] firstChunks = new int[segments.size() + 1];
        for (int i = 0; i < segments.size(); i++) {
            firstChunks[i] = table.size();
            Segment segment = segments.get(i);
            for (long at = 0; at < segment.count(); at += CHUNK) {
                table.add(new long[] {segment.offset() + at, Math.min(CHUNK, segment.count() - at), i});
            }
        }
        firstChunks[segments.size()] = table.size();
        chunkCount = table.size();
        chunks = upload(chunkTable(table));
        settings = upload(settingTable(firstChunks));
    }

    private static byte[] chunkTable(List<long[]> table) {
        byte[] bytes = new byte[table.size() * CHUNK_BYTES];
        MemorySegment memory = MemorySegment.ofArray(bytes);
        for (int i = 0; i < table.size(); i++) {
            memory.set(ValueLayout.JAVA_LONG_UNALIGNED, (long) i * CHUNK_BYTES, table.get(i)[0]);
            memory.set(ValueLayout.JAVA_INT_UNALIGNED, (long) i * CHUNK_BYTES + 8, (int) table.get(i)[1]);
            memory.set(ValueLayout.JAVA_INT_UNALIGNED, (long) i * CHUNK_BYTES + 12, (int) table.get(i)[2]);
        }
        return bytes;
    }

    /** With one row more, which says where the chunks end. */
    private byte[] settingTable(int[] firstChunks) {
        byte[] bytes = new byte[firstChunks.length * SETTING_BYTES];
        MemorySegment memory = MemorySegment.ofArray(bytes);
        for (int i = 0; i < firstChunks.length; i++) {
            long at = (long) i * SETTING_BYTES;
            if (i < segments.size()) {
                memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, segments.get(i).learningRateFactor());
                memory.set(
                        ValueLayout.JAVA_FLOAT_UNALIGNED,
                        at + 4,
                        segments.get(i).weightDecay());
                memory.set(
                        ValueLayout.JAVA_FLOAT_UNALIGNED,
                        at + 8,
                        segments.get(i).l1());
                memory.set(ValueLayout.JAVA_INT_UNALIGNED, at + 16, (int)
                        segments.get(i).stepsBefore());
            }
            memory.set(ValueLayout.JAVA_INT_UNALIGNED, at + 12, firstChunks[i]);
        }
        return bytes;
    }

    private long upload(byte[] bytes) {
        long address = runtime.memory().allocateForGood(Math.max(1, bytes.length), "an optimizer's table");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(Math.max(1, bytes.length), 8);
            host.copyFrom(MemorySegment.ofArray(bytes));
            runtime.uploads().upload(host, address);
        }
        return address;
    }

    long chunkCount() {
        return chunkCount;
    }

    int segmentCount() {
        return segments.size();
    }

    long chunks() {
        return chunks;
    }

    long settings() {
        return settings;
    }

    /** A kernel with the arguments that all updates begin with. */
    Launch kernel(String name, Buffers buffers) {
        return runtime.kernel("optimizer", name, DType.FLOAT32)
                .with((CudaStorage) buffers.parameters())
                .with((CudaStorage) buffers.gradients())
                .with(chunks)
                .with(settings)
                .with((CudaStorage) buffers.scalars());
    }

    /** The sum of squares of each chunk of a buffer, as INT64-sized doubles; release it after use. */
    CudaStorage squares(Storage buffer) {
        CudaStorage sums = runtime.allocate(Shape.of(chunkCount), DType.INT64);
        runtime.kernel("optimizer", "chunk_squares", DType.FLOAT32)
                .with((CudaStorage) buffer)
                .with(chunks)
                .with(sums)
                .blocks(chunkCount);
        return sums;
    }

    @Override
    public void close() {
        runtime.memory().free(chunks);
        runtime.memory().free(settings);
    }
}
