package dev.tandem.inspect;

import dev.tandem.data.ImageDataset;
import dev.tandem.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Numbers in planes of one size: the feature maps of an image, a filter, or an image's colours from 0 to 1.
 *
 * @param values {@code [channels, height, width]}, row by row
 */
public record Planes(int channels, int height, int width, float[] values) {
    public Planes {
        if (values.length != channels * height * width) {
            throw new IllegalArgumentException("planes: " + values.length + " values for " + channels + "×" + height
                    + "×" + width + " (channels × height × width); give one a pixel");
        }
    }

    /** An image's colours, from unsigned bytes {@code [C, H, W]}. */
    public static Planes ofBytes(byte[] pixels, int channels, int height, int width) {
        float[] values = new float[pixels.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (pixels[i] & 0xff) / 255f;
        }
        return new Planes(channels, height, width, values);
    }

    /** The colours of an image of a data set. */
    public static Planes of(ImageDataset dataset, int index) {
        byte[] pixels = new byte[dataset.imageBytes()];
        dataset.copyPixels(index, MemorySegment.ofArray(pixels), 0);
        int channels = dataset.channels();
        byte[] planes = new byte[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            planes[i % channels * (pixels.length / channels) + i / channels] = pixels[i];
        }
        return ofBytes(planes, channels, dataset.height(), dataset.width());
    }

    /** From {@code [1, C, H, W]}. */
    static Planes ofMaps(Tensor maps) {
        return new Planes((int) maps.size(1), (int) maps.size(2), (int) maps.size(3), maps.toFloatArray());
    }

    /** From tokens {@code [1, T, D]}, the last {@code height · width} of which stand for patches, row by row: D planes. */
    static Planes ofTokens(Tensor tokens, int height, int width) {
        int size = (int) tokens.size(2);
        int patches = height * width;
        int first = (int) tokens.size(1) - patches;
        float[] from = tokens.toFloatArray();
        float[] values = new float[size * patches];
        for (int c = 0; c < size; c++) {
            for (int i = 0; i < patches; i++) {
                values[c * patches + i] = from[(first + i) * size + c];
            }
        }
        return new Planes(size, height, width, values);
    }

    public float[] plane(int channel) {
        int size = height * width;
        return Arrays.copyOfRange(values, channel * size, (channel + 1) * size);
    }

    /**
     * Stretched so that the smallest value of all planes becomes 0 and the largest 1.
     *
     * @param same what they become where all are the same
     */
    public Planes stretched(float same) {
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (float value : values) {
            low = Math.min(low, value);
            high = Math.max(high, value);
        }
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = high > low ? (values[i] - low) / (high - low) : same;
        }
        return new Planes(channels, height, width, result);
    }
}
