package dev.tandem.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Some images side by side. Valid until the loader is asked for the next one. */
public final class Batch {
    private final int height;
    private final int width;
    private final int channels;
    private final MemorySegment pixels;
    private final int[] windows;
    private final long[] labels;
    private int size;

    Batch(ImageDataset dataset, int capacity, Arena arena) {
        this.height = dataset.height();
        this.width = dataset.width();
        this.channels = dataset.channels();
        this.pixels = arena.allocate((long) capacity * dataset.imageBytes(), 64);
        this.windows = new int[3 * capacity];
        this.labels = new long[capacity];
    }

    void fill(ImageDataset dataset, int[] order, int from, int count, Augmentation augmentation, long seed, int epoch) {
        size = count;
        for (int i = 0; i < count; i++) {
            int image = order[from + i];
            dataset.copyPixels(image, pixels, (long) i * dataset.imageBytes());
            labels[i] = dataset.label(image);
            augmentation.draw(seed, epoch, image, windows, 3 * i);
        }
    }

    /** Number of images. */
    public int size() {
        return size;
    }

    public int height() {
        return height;
    }

    public int width() {
        return width;
    }

    public int channels() {
        return channels;
    }

    /** Unsigned bytes {@code [N, H, W, C]}. */
    public MemorySegment pixels() {
        return pixels.asSlice(0, (long) size * height * width * channels);
    }

    /** int32 {@code [N, 3]}: top, left, mirror, as {@code InputOps.images} takes them. */
    public MemorySegment windows() {
        return MemorySegment.ofArray(windows).asSlice(0, 12L * size);
    }

    /** Classes {@code [N]}. */
    public long[] labels() {
        return size == labels.length ? labels : java.util.Arrays.copyOf(labels, size);
    }
}
