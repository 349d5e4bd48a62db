package dev.tandem.data;

import java.util.List;
import java.util.Random;

/** Small data sets for tests. */
final class TestImages {
    private TestImages() {}

    /** Random pixels of which the first byte of image {@code i} is {@code i mod 256}, its label {@code i mod 3}. */
    static InMemoryDataset numbered(int count, int channels, int height, int width) {
        byte[] labels = new byte[count];
        byte[] pixels = new byte[count * channels * height * width];
        new Random(5).nextBytes(pixels);
        for (int i = 0; i < count; i++) {
            labels[i] = (byte) (i % 3);
            pixels[i * channels * height * width] = (byte) i;
        }
        return new InMemoryDataset("numbered", channels, height, width, List.of("a", "b", "c"), labels, pixels);
    }
}
