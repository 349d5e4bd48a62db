package dev.tandem.data;

import java.util.SplittableRandom;

/**
 * How training images vary from epoch to epoch: moved by up to {@code padding} pixels each way over a black border, and
 * mirrored every second time. Drawn anew for each image and epoch, and the same again for the same seed.
 */
public record Augmentation(int padding, boolean mirror) {
    public static final Augmentation NONE = new Augmentation(0, false);

    public Augmentation {
        if (padding < 0) {
            throw new IllegalArgumentException("augmentation: padding " + padding + " must not be negative");
        }
    }

    /** Writes top, left and mirror for an image. */
    void draw(long seed, int epoch, int image, int[] windows, int at) {
        if (padding == 0 && !mirror) {
            windows[at] = 0;
            windows[at + 1] = 0;
            windows[at + 2] = 0;
            return;
        }
        SplittableRandom random = Shuffle.forImage(seed, epoch, image);
        windows[at] = random.nextInt(2 * padding + 1) - padding;
        windows[at + 1] = random.nextInt(2 * padding + 1) - padding;
        windows[at + 2] = mirror && random.nextBoolean() ? 1 : 0;
    }
}
