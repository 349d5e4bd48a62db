package dev.tandem.cli;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a network is measured on after each epoch. */
enum ValidationData {
    /** Images that the data keeps to validate on; where there are none, those to test on. */
    VALIDATION,
    TEST,
    /** A tenth of the training images, which are then not trained on. */
    SPLIT;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
