package dev.tandem.data;

/**
 * How training images vary from epoch to epoch: moved by up to {@code padding} pixels each way over a black border (a random
 * crop of the padded image, as for CIFAR in He et al. 2015, https://arxiv.org/abs/1512.03385), and mirrored every second time.
 * Drawn anew for each image and epoch, and the same again for the same seed.
 *
 * @param padding in pixels, 0 or more
 */
public record Augmentation(int padding, boolean mirror) {
    public static final Augmentation NONE = new Augmentation(0, false);

    private static final int MAX_PADDING = 1 << 20; // 2 · padding + 1 is an int, and so is any pixel's place

    public Augmentation {
        if (padding < 0 || padding > MAX_PADDING) {
            throw new IllegalArgumentException(
                    "augmentation: padding " + padding + " given; it must be from 0 to " + MAX_PADDING + " pixels");
        }
    }

    /** Where an image is cut out: {@code top} and {@code left} in [−padding, padding]. */
    record Window(int top, int left, boolean mirrored) {}

    Window draw(long seed, int epoch, int image) {
        CounterRandom random = new CounterRandom(seed, epoch, image);
        int top = random.below(2 * padding + 1) - padding;
        int left = random.below(2 * padding + 1) - padding;
        return new Window(top, left, mirror && random.below(2) == 1);
    }
}
