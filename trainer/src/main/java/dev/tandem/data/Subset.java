package dev.tandem.data;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** Some images of another data set, by index. */
public final class Subset implements ImageDataset {
    private static final long SPLIT_EPOCH = -1; // no training epoch's order

    private final ImageDataset whole;
    private final int[] indices;
    private final String name;

    public Subset(String name, ImageDataset whole, int... indices) {
        this.name = name;
        this.whole = whole;
        this.indices = indices.clone();
        for (int index : indices) {
            if (index < 0 || index >= whole.size()) {
                throw new IllegalArgumentException(
                        name + ": index " + index + " is outside the " + whole.size() + " images of " + whole.name());
            }
        }
    }

    /**
     * Divides a data set at random, the same way for the same seed.
     *
     * @param share of the second part, above 0 and below 1
     * @return the first part and the second
     */
    public static List<Subset> split(ImageDataset whole, double share, long seed) {
        int second = (int) Math.round(whole.size() * share);
        if (!(share > 0 && share < 1) || second == 0 || second == whole.size()) {
            throw new IllegalArgumentException("split of " + whole.name() + ": a share of " + share + " of "
                    + whole.size() + " images leaves one part empty; use a share between 0 and 1 and enough images");
        }
        int[] order = CounterRandom.permutation(whole.size(), seed, SPLIT_EPOCH);
        int first = whole.size() - second;
        return List.of(
                new Subset(whole.name() + " (first part)", whole, Arrays.copyOf(order, first)),
                new Subset(whole.name() + " (second part)", whole, Arrays.copyOfRange(order, first, order.length)));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return indices.length;
    }

    @Override
    public int channels() {
        return whole.channels();
    }

    @Override
    public int height() {
        return whole.height();
    }

    @Override
    public int width() {
        return whole.width();
    }

    @Override
    public List<String> classNames() {
        return whole.classNames();
    }

    @Override
    public int label(int index) {
        return whole.label(indices[index]);
    }

    @Override
    public void copyPixels(int index, MemorySegment target, long offset) {
        whole.copyPixels(indices[index], target, offset);
    }

    @Override
    public boolean cutsPhotos() {
        return whole.cutsPhotos();
    }

    @Override
    public void copyPixels(int index, Crop crop, MemorySegment target, long offset) {
        whole.copyPixels(indices[index], crop, target, offset);
    }

    @Override
    public String fingerprint() {
        return whole.fingerprint();
    }

    @Override
    public String fingerprint(int index) {
        return whole.fingerprint(indices[index]);
    }

    @Override
    public void check(int index) {
        whole.check(indices[index]);
    }
}
