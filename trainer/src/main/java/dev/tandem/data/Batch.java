package dev.tandem.data;

import dev.tandem.data.image.ImageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Some images side by side. It and what it hands out are valid until the loader is asked for the next one. */
public final class Batch {
    private static final long ALIGNMENT = 64; // a cache line, and the widest vector
    private static final int WINDOW = 3; // top, left, mirror
    private static final long WINDOW_BYTES = WINDOW * Integer.BYTES;

    private final int height;
    private final int width;
    private final int channels;
    private final long imageBytes;
    private final MemorySegment pixels;
    private final MemorySegment windows;
    private final long[] labels;
    private int number;
    private int[] images;
    private int size;

    Batch(ImageDataset dataset, int capacity, Arena arena) {
        this.height = dataset.height();
        this.width = dataset.width();
        this.channels = dataset.channels();
        this.imageBytes = (long) height * width * channels;
        if (height < 1 || width < 1 || channels < 1 || dataset.imageBytes() != imageBytes) {
            throw new IllegalArgumentException("data set " + dataset.name() + ": images of " + channels + "×" + height
                    + "×" + width + " (channels × height × width) in " + dataset.imageBytes()
                    + " bytes; each size must be at least 1, and imageBytes() their product");
        }
        this.pixels = arena.allocate(capacity * imageBytes, ALIGNMENT);
        this.windows = arena.allocate(capacity * WINDOW_BYTES, ALIGNMENT);
        this.labels = new long[capacity];
    }

    /**
     * Takes images of a data set. Returns, or throws, when no thread writes into the batch any more, since its memory is used again
     * or freed.
     *
     * @param number of the batch in its epoch
     * @param decoders null to do it on this thread
     * @param broken told of images that cannot be read, which are left out; null if they end it
     */
    void fill(
            ImageDataset dataset,
            int number,
            int[] images,
            Augmentation augmentation,
            long seed,
            int epoch,
            Decoders decoders,
            BrokenImages broken) {
        this.number = number;
        boolean[] missing = new boolean[images.length];
        IntConsumer taking = i -> {
            try {
                take(dataset, images[i], i, augmentation, seed, epoch);
            } catch (ImageException e) {
                if (broken == null) {
                    throw e;
                }
                broken.add(images[i], e);
                missing[i] = true;
            }
        };
        if (decoders == null) {
            IntStream.range(0, images.length).forEach(taking);
        } else {
            decoders.forEach(images.length, taking);
        }
        this.images = images;
        size = images.length;
        closeUp(missing);
    }

    /** Moves images up to the places of those that are missing. */
    private void closeUp(boolean[] missing) {
        int count = size;
        size = 0;
        for (int i = 0; i < count; i++) {
            if (missing[i]) {
                continue;
            }
            if (size < i) {
                MemorySegment.copy(pixels, i * imageBytes, pixels, size * imageBytes, imageBytes);
                MemorySegment.copy(windows, i * WINDOW_BYTES, windows, size * WINDOW_BYTES, WINDOW_BYTES);
                labels[size] = labels[i];
                images[size] = images[i];
            }
            size++;
        }
    }

    private void take(ImageDataset dataset, int image, int place, Augmentation augmentation, long seed, int epoch) {
        labels[place] = dataset.label(image);
        Augmentation.Window window = augmentation.draw(seed, epoch, image);
        MemorySegment own = pixels.asSlice(place * imageBytes, imageBytes);
        try {
            dataset.copyPixels(image, window.part(), own, 0);
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException(
                    "data set " + dataset.name() + ": image " + image + " was written outside of its " + imageBytes
                            + " bytes (" + channels + "×" + height + "×" + width + ", channels × height × width): "
                            + e.getMessage() + "; copyPixels must write exactly those",
                    e);
        }
        windows.setAtIndex(ValueLayout.JAVA_INT, WINDOW * place, window.top());
        windows.setAtIndex(ValueLayout.JAVA_INT, WINDOW * place + 1, window.left());
        windows.setAtIndex(ValueLayout.JAVA_INT, WINDOW * place + 2, window.mirrored() ? 1 : 0);
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

    /** Unsigned bytes {@code [N, H, W, C]}, outside the heap. */
    public MemorySegment pixels() {
        return pixels.asSlice(0, size * imageBytes);
    }

    /** int32 {@code [N, 3]}: top, left, mirror, as {@code InputOps.images} takes them; outside the heap. */
    public MemorySegment windows() {
        return windows.asSlice(0, size * WINDOW_BYTES);
    }

    /** Its place in its epoch, from 0; those before it may have been passed over. */
    public int number() {
        return number;
    }

    /** Where image {@code i} is in the data set. */
    public int image(int i) {
        return images[i];
    }

    /** Classes {@code [N]}. */
    public long[] labels() {
        return size == labels.length ? labels : Arrays.copyOf(labels, size);
    }
}
