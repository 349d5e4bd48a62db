package dev.tandem.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Walks memory of any kind and size in buffers that channels and checksums take. */
final class ByteChunks {
    private static final long CHUNK = 1 << 20;

    private ByteChunks() {}

    @FunctionalInterface
    interface Consumer {
        void accept(ByteBuffer chunk) throws IOException;
    }

    static void forEach(MemorySegment data, Consumer consumer) throws IOException {
        boolean viewable = data.isNative()
                || data.heapBase().filter(byte[].class::isInstance).isPresent();
        for (long start = 0; start < data.byteSize(); start += CHUNK) {
            MemorySegment chunk = data.asSlice(start, Math.min(CHUNK, data.byteSize() - start));
            consumer.accept(viewable ? chunk.asByteBuffer() : ByteBuffer.wrap(copy(chunk)));
        }
    }

    /** Of a float array's memory, say, there is no byte view. */
    private static byte[] copy(MemorySegment chunk) {
        byte[] bytes = new byte[(int) chunk.byteSize()];
        MemorySegment.ofArray(bytes).copyFrom(chunk);
        return bytes;
    }
}
