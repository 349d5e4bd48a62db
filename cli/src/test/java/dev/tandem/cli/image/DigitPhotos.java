package dev.tandem.cli.image;

import dev.tandem.data.Datasets;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.Split;
import dev.tandem.data.image.Plane;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** MNIST's test digits as a telephone would see them on paper: small, off the middle, in uneven light, with grain. */
public final class DigitPhotos {
    private static final int HEIGHT = 300;
    private static final int WIDTH = 400;

    private final ImageDataset digits = Datasets.mnist(Split.TEST);

    public int label(int index) {
        return digits.label(index);
    }

    public Plane original(int index) {
        byte[] bytes = new byte[28 * 28];
        digits.copyPixels(index, MemorySegment.ofArray(bytes), 0);
        float[] values = new float[bytes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (bytes[i] & 0xff) / 255f;
        }
        return new Plane(28, 28, values);
    }

    /** Dark ink on light paper, brighter to one side, with a shadow's edge across it. */
    public Plane photo(int index) {
        SplittableRandom random = new SplittableRandom(index);
        int side = 110 + random.nextInt(90);
        Plane ink = original(index).resized(side, side);
        int top = random.nextInt(HEIGHT - side);
        int left = random.nextInt(WIDTH - side);
        double slopeY = random.nextDouble(-0.25, 0.25);
        double slopeX = random.nextDouble(-0.25, 0.25);
        int shadow = random.nextInt(WIDTH);
        float[] values = new float[HEIGHT * WIDTH];
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                double light = 0.7 + slopeY * (2.0 * y / HEIGHT - 1) + slopeX * (2.0 * x / WIDTH - 1);
                light *= 1 - 0.3 / (1 + Math.exp((x - shadow) / 12.0));
                boolean inside = y >= top && y < top + side && x >= left && x < left + side;
                double paper = inside ? 1 - 0.75 * ink.at(y - top, x - left) : 1;
                double grain = 0.02 * random.nextGaussian();
                values[y * WIDTH + x] = (float) Math.min(1, Math.max(0, light * paper + grain));
            }
        }
        return new Plane(HEIGHT, WIDTH, values);
    }
}
