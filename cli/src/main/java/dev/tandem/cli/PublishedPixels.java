package dev.tandem.cli;

import dev.tandem.data.Normalization;
import dev.tandem.data.Resize;
import dev.tandem.data.image.Interpolation;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.Pixels;

/** How images are prepared for weights of others, whose files do not say it: as the zoo knows of the published ones. */
final class PublishedPixels {
    private PublishedPixels() {}

    /** For other channels than the published weights', the usual one. */
    static Normalization normalization(ModelEntry entry, int channels) {
        Pixels pixels = entry.pixels(channels);
        return Normalization.standard(pixels.mean(), pixels.deviation());
    }

    static Resize resize(ModelEntry entry, int imageSize) {
        Interpolation interpolation =
                Interpolation.valueOf(entry.pixels().interpolation().name());
        return new Resize(entry.resize(imageSize), interpolation);
    }
}
