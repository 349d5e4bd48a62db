package dev.tandem.cpu;

import dev.tandem.backend.pool.Block;
import dev.tandem.tensor.DType;
import java.util.function.LongFunction;

/** Memory that an operation works in, image by image: a part for each thread, which has its share of the images. */
final class ImageScratch {
    /** Vectors may reach that far behind a part. */
    static final long BEYOND = 128;
    /** Parts lie so far apart at least: what a core fetches ahead of one thread's must not be another's. */
    private static final long PAGE = 4096;

    private final CpuRuntime runtime;
    private final long images;
    private final Block block;
    private final long partBytes;
    final int parts;

    ImageScratch(CpuRuntime runtime, long images, long partBytes) {
        this.runtime = runtime;
        this.images = images;
        this.partBytes = (Math.ceilDiv(partBytes + BEYOND, PAGE) + 1) * PAGE;
        this.parts = (int) Math.min(runtime.parallel().threads(), images);
        long bytes = parts * this.partBytes;
        this.block = runtime.allocator().allocate(bytes, "images in work");
    }

    /** Fills all parts with zeros. */
    ImageScratch cleared() {
        NativeMemory.segment(block.address, parts * partBytes).fill((byte) 0);
        return this;
    }

    /** What a thread does with an image. */
    interface Body {
        void run(long image);
    }

    /**
     * Does something with each image. The shares depend on the number of threads only, so that results repeat bit for bit.
     *
     * @param maker makes what a thread does, in the part at an address
     */
    void forImages(LongFunction<Body> maker) {
        runtime.parallel().run(parts, 1, (from, to) -> {
            for (long part = from; part < to; part++) {
                Body body = maker.apply(part((int) part));
                long end = images * (part + 1) / parts;
                for (long n = images * part / parts; n < end; n++) {
                    body.run(n);
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
