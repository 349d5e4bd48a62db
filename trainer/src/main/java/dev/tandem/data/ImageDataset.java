package dev.tandem.data;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Labelled images of one size. Safe for use from several threads. */
public interface ImageDataset {
    /** For messages: what it is and where it came from. */
    String name();

    /** Number of images. */
    int size();

    /** 1 (grey) or 3 (RGB). */
    int channels();

    int height();

    int width();

    /** In the order of labels. */
    List<String> classNames();

    /** The class of image {@code index}, in {@code [0, classNames().size())}. */
    int label(int index);

    /** Writes image {@code index} as unsigned bytes {@code [H, W, C]} at an offset in bytes. */
    void copyPixels(int index, MemorySegment target, long offset);

    /**
     * Whether images are decoded from photos of any size as they are asked for: that takes long enough to share it out among
     * threads, and other parts than the middle can be had.
     */
    default boolean cutsPhotos() {
        return false;
    }

    /** As {@link #copyPixels(int, MemorySegment, long)}, another part of the photo; images of one size have no other. */
    default void copyPixels(int index, Crop crop, MemorySegment target, long offset) {
        copyPixels(index, target, offset);
    }

    /**
     * Changes with the images, as far as that can be told without decoding them: of photos with the names and sizes of their files.
     * Empty where nothing is known.
     */
    default String fingerprint() {
        return "";
    }

    /** What {@link #fingerprint()} takes of image {@code index}; empty where nothing is known. */
    default String fingerprint(int index) {
        return "";
    }

    /**
     * Looks whether image {@code index} can be read, as far as that is far cheaper than decoding it.
     *
     * @throws dev.tandem.data.image.ImageException if it cannot, naming it
     */
    default void check(int index) {}

    /** Bytes an image. */
    default int imageBytes() {
        return channels() * height() * width();
    }
}
