package dev.tandem.cpu;

import dev.tandem.backend.pool.Block;
import dev.tandem.tensor.DType;

/** Memory that one call of {@link PlanarConvolution} works in: a part for each thread, which has its share of the images. */
final class PlanarScratch {
    /** Joining planes reads up to a vector behind the last. */
    private static final long BEYOND = 64;

    private final CpuRuntime runtime;
    private final long images;
    private final Block block;
    private final long partBytes;
    final int parts;

    /** Zeros. */
    PlanarScratch(CpuRuntime runtime, long images, long partBytes) {
        this.runtime = runtime;
        this.images = images;
        this.partBytes = partBytes;
        this.parts = (int) Math.min(runtime.parallel().threads(), images);
        long bytes = parts * partBytes + BEYOND;
        this.block = runtime.allocator().allocate(bytes, "convolution's planes");
        NativeMemory.segment(block.address, bytes).fill((byte) 0);
    }

    /** What is done with an image, in a thread's part. */
    interface Body {
        void run(long image, long part);
    }

    /** The shares depend on the number of threads only, so that results repeat bit for bit. */
    void forImages(Body body) {
        runtime.parallel().run(parts, 1, (from, to) -> {
            for (long part = from; part < to; part++) {
                long end = images * (part + 1) / parts;
                for (long n = images * part / parts; n < end; n++) {
                    body.run(n, part((int) part));
                }
            }
        });
    }

    long part(int number) {
        return block.address + number * partBytes;
    }

    void release() {
        runtime.allocator().release(block);
    }

    /** Where image {@code n} of some begins. */
    static long image(CpuStorage images, long n) {
        return images.address + n * (images.shape().elements() / images.shape().size(0)) * DType.FLOAT32.bytes();
    }
}
