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

    /** Bytes an image. */
    default int imageBytes() {
        return channels() * height() * width();
    }
}
