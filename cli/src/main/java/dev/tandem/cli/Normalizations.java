package dev.tandem.cli;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.Normalization;
import dev.tandem.data.Statistics;
import java.util.Locale;

/** What pixels go through before a network, by name; numbers come from the training images. */
enum Normalizations {
    /** Mean 0, deviation 1. */
    STANDARD,
    /** Mean 0. */
    CENTRED,
    /** From 0 to 1. */
    ZERO_ONE;

    Normalization of(ImageDataset images) {
        switch (this) {
            case STANDARD:
                return Statistics.of(images).toNormalization();
            case CENTRED:
                return Normalization.centred(Statistics.of(images).mean());
            default:
                return Normalization.zeroToOne(images.channels());
        }
    }

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
