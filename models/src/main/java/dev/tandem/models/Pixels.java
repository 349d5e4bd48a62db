package dev.tandem.models;

import java.util.Arrays;

/**
 * How images are prepared for a network whose weights others trained: photos are scaled until their shorter side has {@code resize}
 * pixels and cut to the network's size around their centre; then pixels of 0 to 255 become {@code (pixel − mean) / deviation} of
 * each channel.
 *
 * @param resize for the network's usual size; {@link ModelEntry#resize} for others
 */
public record Pixels(double[] mean, double[] deviation, int resize, Interpolation interpolation) {
    /** How photos are scaled; both filters average where they shrink. */
    public enum Interpolation {
        BILINEAR,
        BICUBIC
    }

    static final int LEAST_CUT = 128;

    /** Torchvision's for most of its weights: the mean and deviation of ImageNet's channels. */
    static final Pixels IMAGENET =
            new Pixels(ofUnits(0.485, 0.456, 0.406), ofUnits(0.229, 0.224, 0.225), 256, Interpolation.BILINEAR);
    /** From −1 to 1, as TensorFlow's slim networks want them. */
    static final Pixels AROUND_ZERO = IMAGENET.with(new double[] {128, 128, 128}, new double[] {128, 128, 128});
    /**
     * From −1 to 1 as torchvision's {@code transform_input} makes them: of pixels normalised by ImageNet's mean and deviation, for
     * weights that came from TensorFlow.
     */
    static final Pixels TRANSFORMED = IMAGENET.with(ofUnits(0.5, 0.5, 0.5), ofUnits(0.5, 0.5, 0.5));
    /** Of CIFAR-10's channels, as https://github.com/kuangliu/pytorch-cifar has them. */
    static final Pixels CIFAR10 = IMAGENET.with(ofUnits(0.4914, 0.4822, 0.4465), ofUnits(0.2023, 0.1994, 0.2010))
            .resize(32);

    /** The usual for grey or coloured images of a size. */
    static Pixels of(int channels, int imageSize) {
        return of(channels).resize(imageSize < LEAST_CUT ? imageSize : (int) Math.round(imageSize / 0.875));
    }

    /** The usual mean and deviation: ImageNet's for colours, else from 0 to 1. */
    static Pixels of(int channels) {
        double[] mean = new double[channels];
        double[] deviation = new double[channels];
        Arrays.fill(deviation, 255);
        return channels == 3 ? IMAGENET : IMAGENET.with(mean, deviation);
    }

    Pixels with(double[] mean, double[] deviation) {
        return new Pixels(mean, deviation, resize, interpolation);
    }

    Pixels resize(int resize) {
        return new Pixels(mean, deviation, resize, interpolation);
    }

    Pixels bicubic() {
        return new Pixels(mean, deviation, resize, Interpolation.BICUBIC);
    }

    private static double[] ofUnits(double... values) {
        return Arrays.stream(values).map(value -> value * 255).toArray();
    }
}
