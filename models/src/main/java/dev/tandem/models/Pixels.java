package dev.tandem.models;

/**
 * What pixels of 0 to 255 become before a network whose weights others trained sees them: {@code (pixel − mean) / deviation} of each
 * channel.
 */
public record Pixels(double[] mean, double[] deviation) {
    private static final Pixels ZERO_TO_ONE = new Pixels(new double[] {0}, new double[] {255});
    /** Torchvision's for its weights: the mean and deviation of ImageNet's channels. */
    static final Pixels IMAGENET = new Pixels(
            new double[] {0.485 * 255, 0.456 * 255, 0.406 * 255}, new double[] {0.229 * 255, 0.224 * 255, 0.225 * 255});
    /** From −1 to 1, as TensorFlow's slim networks want them. */
    static final Pixels AROUND_ZERO = new Pixels(new double[] {128, 128, 128}, new double[] {128, 128, 128});

    /** The usual for grey or coloured images. */
    static Pixels of(int channels) {
        return channels == 3 ? IMAGENET : ZERO_TO_ONE;
    }
}
