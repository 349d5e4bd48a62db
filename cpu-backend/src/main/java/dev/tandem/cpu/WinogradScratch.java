package dev.tandem.cpu;

import dev.tandem.backend.pool.Block;
import java.util.ArrayList;
import java.util.List;

/** Memory that one call of {@link Winograd} works in. */
final class WinogradScratch {
    private static final long PAGE = 4096;

    private final CpuRuntime runtime;
    private final List<Block> blocks = new ArrayList<>();
    private final long padding;
    private final long scratchpads;
    private final long scratchpadBytes;

    /**
     * @param product whose scratchpads every worker needs one of
     * @param channels the most that an image has
     */
    WinogradScratch(CpuRuntime runtime, Primitive product, int channels) {
        this.runtime = runtime;
        this.scratchpadBytes = (product.scratchpadBytes() + PAGE - 1) / PAGE * PAGE;
        this.scratchpads = allocate(scratchpadBytes * runtime.parallel().threads());
        this.padding = allocate((long) channels * Float.BYTES);
        NativeMemory.segment(padding, (long) channels * Float.BYTES).fill((byte) 0);
    }

    private long allocate(long bytes) {
        Block block = runtime.allocator().allocate(bytes, "Winograd's tiles");
        blocks.add(block);
        return block.address;
    }

    /** Room for transformed tiles. */
    long tiles(long count, int channels) {
        return allocate(count * WinogradTiles.bytes(channels));
    }

    /** A pixel of zeros. */
    long padding() {
        return padding;
    }

    long scratchpad(int worker) {
        return scratchpads + worker * scratchpadBytes;
    }

    void release() {
        blocks.forEach(runtime.allocator()::release);
    }
}
