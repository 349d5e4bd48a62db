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
    MIRROR,
    /** Of photos another part, and every second time mirrored. */
    CROP;

    Augmentation of(int imageSize) {
        switch (this) {
            case NONE:
                return Augmentation.NONE;
            case CROP:
                return new Augmentation(0, true, true);
            default:
                return new Augmentation(imageSize / 8, this == MIRROR);
        }
    }

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
