package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/** Splits images of few channels, which lie last, into planes without padding, and joins them again, by shuffling vectors. */
final class PlaneReorder {
    private final PlaneShuffleKernels kernels = new VectorPlaneShuffleKernels();
    private final int channels;
    private final int pixels;
    private final int joined; // elements of an image
    private final PlaneShuffle split;
    private final PlaneShuffle join;

    /** For images that {@link #suits}. */
    PlaneReorder(int channels, int pixels) {
        this.channels = channels;
        this.pixels = pixels;
        this.joined = PlaneShuffle.joined(channels, pixels, kernels.lanes());
        this.split = PlaneShuffle.split(channels, pixels, kernels.lanes());
        this.join = PlaneShuffle.join(channels, pixels, kernels.lanes());
    }

    /** Whether there are few channels, and planes fill vectors. */
    static boolean suits(long channels, long pixels, int lanes) {
        return channels > 1 && channels <= PlaneShuffle.PARTS && pixels >= lanes;
    }

    /** @param image an address; {@code planes} another */
    void split(long image, long planes) {
        for (int kind = 0; kind < split.kinds(); kind++) {
            kernels.shuffle(split, kind, image, (long) kernels.lanes() * Float.BYTES, planes);
        }
    }

    /** @param planes an address; {@code image} another */
    void join(long planes, long image) {
        for (int kind = 0; kind < join.kinds(); kind++) {
            kernels.shuffle(join, kind, planes, (long) pixels * Float.BYTES, image);
        }
        for (int i = joined; i < channels * pixels; i++) {
            long from = planes + ((long) i % channels * pixels + i / channels) * Float.BYTES;
            NativeMemory.ALL.set(JAVA_FLOAT, image + (long) i * Float.BYTES, NativeMemory.ALL.get(JAVA_FLOAT, from));
        }
    }
}
