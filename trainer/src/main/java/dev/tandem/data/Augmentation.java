package dev.tandem.data;

/**
 * How training images vary from epoch to epoch: moved by up to {@code padding} pixels each way over a black border (a random
 * crop of the padded image, as for CIFAR in He et al. 2015, https://arxiv.org/abs/1512.03385), mirrored every second time, and
 * another part of a photo that is larger than the network takes (as in AlexNet's training). Drawn anew for each image and epoch,
 * and the same again for the same seed.
 *
 * @param padding in pixels, 0 or more
 * @param crop whether photos are cut at random; else the middle is taken. Says nothing to data sets of one size
 */
public record Augmentation(int padding, boolean mirror, boolean crop) {
    public static final Augmentation NONE = new Augmentation(0, false);

    private static final int PLACES = 1 << 16; // that a cut may be at along an axis

    private static final int MAX_PADDING = 1 << 20; // 2 · padding + 1 is an int, and so is any pixel's place

    public Augmentation {
        if (padding < 0 || padding > MAX_PADDING) {
            throw new IllegalArgumentException(
                    "augmentation: padding " + padding + " given; it must be from 0 to " + MAX_PADDING + " pixels");
        }
    }

    public Augmentation(int padding, boolean mirror) {
        this(padding, mirror, false);
    }

    /** Where an image is cut out: {@code top} and {@code left} in [−padding, padding]; and of which part of a larger photo. */
    record Window(int top, int left, boolean mirrored, Crop part) {}

    Window draw(long seed, int epoch, int image) {
        CounterRandom random = new CounterRandom(seed, epoch, image);
        int top = random.below(2 * padding + 1) - padding;
        int left = random.below(2 * padding + 1) - padding;
        boolean mirrored = mirror && random.below(2) == 1;
        Crop part = crop ? new Crop(place(random), place(random)) : Crop.CENTRE;
        return new Window(top, left, mirrored, part);
    }

    private static double place(CounterRandom random) {
        return random.below(PLACES) / (PLACES - 1.0);
    }
}
