package dev.tandem.cli;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.tandem.data.Augmentation;
import java.util.Locale;

/** How training images vary from epoch to epoch, by name. */
enum Augmentations {
    NONE,
    /** Moved by up to an eighth of their size. */
    SHIFT,
    /** Moved, and every second time mirrored left to right. */
    MIRROR;

    Augmentation of(int imageSize) {
        return this == NONE ? Augmentation.NONE : new Augmentation(imageSize / 8, this == MIRROR);
    }

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
