package dev.tandem.cli;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.tandem.data.BrokenImages;
import dev.tandem.data.BrokenLimit;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.Normalization;
import dev.tandem.data.Statistics;
import dev.tandem.data.Subset;
import java.util.Locale;
import java.util.stream.IntStream;

/** What pixels go through before a network, by name; numbers come from the training images. */
enum Normalizations {
    /** Mean 0, deviation 1. */
    STANDARD,
    /** Mean 0. */
    CENTRED,
    /** From 0 to 1. */
    ZERO_ONE,
    /** As where the pretrained weights were trained. */
    PRETRAINED;

    private static final int MOST_PHOTOS = 2000;

    /**
     * @param threads that decode photos
     * @param limit how many of those looked at may be broken
     * @throws IllegalStateException for {@link #PRETRAINED}, whose numbers do not come from images
     */
    Normalization of(ImageDataset images, int threads, BrokenLimit limit) {
        switch (this) {
            case STANDARD:
                return statistics(images, threads, limit).toNormalization();
            case CENTRED:
                return Normalization.centred(statistics(images, threads, limit).mean());
            case ZERO_ONE:
                return Normalization.zeroToOne(images.channels());
            default:
                throw new IllegalStateException("normalization " + this + ": ask the pretrained weights");
        }
    }

    private static Statistics statistics(ImageDataset images, int threads, BrokenLimit limit) {
        ImageDataset some = some(images);
        return Statistics.of(some, threads, new BrokenImages(some, limit));
    }

    /** Says that photos are read before training begins, where {@link #of} does so: it takes a while. */
    void announce(Console console, ImageDataset images) {
        if (images.cutsPhotos() && (this == STANDARD || this == CENTRED)) {
            console.note("reading photos for the mean and deviation of their pixels, "
                    + (images.size() > MOST_PHOTOS ? Format.grouped(MOST_PHOTOS) + " of them" : "each of them once")
                    + "; training begins after that");
        }
    }

    /** Of many photos, which take long to decode, so many at even distances. */
    private static ImageDataset some(ImageDataset images) {
        if (!images.cutsPhotos() || images.size() <= MOST_PHOTOS) {
            return images;
        }
        int[] chosen = IntStream.range(0, MOST_PHOTOS)
                .map(i -> (int) ((long) i * images.size() / MOST_PHOTOS))
                .toArray();
        return new Subset(images.name(), images, chosen);
    }

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
