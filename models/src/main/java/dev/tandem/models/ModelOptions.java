package dev.tandem.models;

/**
 * What a network is built for.
 *
 * @param classes number of logits
 * @param channels of the images: 1 (grey) or 3 (RGB)
 * @param imageSize height and width in pixels
 */
public record ModelOptions(int classes, int channels, int imageSize) {
    public ModelOptions {
        if (classes < 1 || channels < 1 || imageSize < 1) {
            throw new IllegalArgumentException("model for " + classes + " classes and images of " + channels + "×"
                    + imageSize + "×" + imageSize + ": all must be at least 1");
        }
    }

    public ModelOptions withClasses(int classes) {
        return new ModelOptions(classes, channels, imageSize);
    }

    public ModelOptions withChannels(int channels) {
        return new ModelOptions(classes, channels, imageSize);
    }

    public ModelOptions withImageSize(int imageSize) {
        return new ModelOptions(classes, channels, imageSize);
    }

    /** The features of a flattened image. */
    int pixels() {
        return channels * imageSize * imageSize;
    }

    /** @throws IllegalArgumentException if the images are smaller than the network's layers need */
    void requireImageSize(String model, int least) {
        if (imageSize < least) {
            throw new IllegalArgumentException(model + ": images of " + imageSize + "×" + imageSize
                    + " are too small, its layers need at least " + least + "×" + least);
        }
    }
}
