package dev.tandem.data;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntConsumer;

/** A data set that tells a test which image is read, before it is. */
record Watched(ImageDataset whole, IntConsumer reading) implements ImageDataset {
    @Override
    public String name() {
        return whole.name();
    }

    @Override
    public int size() {
        return whole.size();
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
        return whole.label(index);
    }

    @Override
    public void copyPixels(int index, MemorySegment target, long offset) {
        reading.accept(index);
        whole.copyPixels(index, target, offset);
    }

    @Override
    public boolean cutsPhotos() {
        return whole.cutsPhotos();
    }
}
