package dev.tandem.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A data set whose images are bytes {@code [N, H, W, C]} in memory. */
public final class InMemoryDataset implements ImageDataset {
    private final String name;
    private final int channels;
    private final int height;
    private final int width;
    private final List<String> classNames;
    private final byte[] labels;
    private final byte[] pixels;

    /**
     * @param labels below 256 classes, as unsigned bytes
     * @param pixels {@code [N, H, W, C]}
     * @throws IllegalArgumentException if a label is outside the classes or the sizes do not fit
     */
    public InMemoryDataset(
            String name, int channels, int height, int width, List<String> classNames, byte[] labels, byte[] pixels) {
        this.name = name;
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.classNames = List.copyOf(classNames);
        this.labels = labels;
        this.pixels = pixels;
        if ((long) labels.length * imageBytes() != pixels.length) {
            throw new IllegalArgumentException(name + ": " + labels.length + " labels for " + pixels.length
                    + " bytes of images of " + imageBytes() + " bytes each; there must be one label an image");
        }
        for (int i = 0; i < labels.length; i++) {
            if (label(i) >= classNames.size()) {
                throw new IllegalArgumentException(name + ": image " + i + " has label " + label(i)
                        + ", the classes are 0 to " + (classNames.size() - 1));
            }
        }
    }

    /**
     * The same images with labels of a network's classes, by name; as they are where either side's names are just 0, 1, 2 …
     *
     * @throws IllegalArgumentException if a class is not among the network's
     */
    public InMemoryDataset labelledAs(List<String> names) {
        if (ClassNames.areNumbers(names) || ClassNames.areNumbers(classNames)) {
            return this;
        }
        int[] places = ClassNames.places(classNames, names);
        byte[] numbers = new byte[labels.length];
        for (int i = 0; i < labels.length; i++) {
            if (places[label(i)] < 0) {
                throw new IllegalArgumentException("data set " + name + ": "
                        + ClassNames.missing(classNames.get(label(i)), names) + "; choose another data set");
            }
            numbers[i] = (byte) places[label(i)];
        }
        return new InMemoryDataset(name, channels, height, width, names, numbers, pixels);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public int label(int index) {
        return labels[index] & 0xff;
    }

    @Override
    public void copyPixels(int index, MemorySegment target, long offset) {
        MemorySegment.copy(pixels, index * imageBytes(), target, ValueLayout.JAVA_BYTE, offset, imageBytes());
    }
}
