package dev.tandem.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against what Pillow 12 gives for 13×9 grey pixels {@code i · 0x9e3779b1 >>> 24}. */
class InterpolationTest {
    private static Plane original() {
        float[] values = new float[9 * 13];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 0x9e3779b1 >>> 24) / 255f;
        }
        return new Plane(9, 13, values);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BICUBIC  | 4 | 5 | 0 | 93 140 119 147 136 112 162 121 95 165 122 109 146 111 146 138 105 167 127 92",
                "BILINEAR | 4 | 5 | 0 | 99 135 125 140 141 116 152 127 101 159 124 109 146 113 144 138 107 164 126 95",
                "BICUBIC  | 14 | 20 | 0 | 0 74 155 69 121 218 153 71 23 139 158 81 188 232 150 68 68 194 157 98",
                "BICUBIC  | 14 | 20 | 6 | 21 107 188 101 163 255 192 104 56 171 200 118 36 50 172 115 101 227 190 131",
                "BILINEAR | 14 | 20 | 6 | 32 107 178 114 159 243 180 116 59 162 181 117 54 61 164 120 114 216 185 138",
            })
    void scalesAsPillowDoes(Interpolation interpolation, int height, int width, int row, String expected) {
        Window part = new Window(row, 0, height == 4 ? 4 : 1, width);

        Plane scaled = original().resized(height, width, part, interpolation);

        int[] pixels = Arrays.stream(expected.trim().split(" "))
                .mapToInt(Integer::parseInt)
                .toArray();
        assertThat(scaled.values()).hasSameSizeAs(pixels);
        for (int i = 0; i < pixels.length; i++) { // Pillow rounds to bytes after each axis
            assertThat(255 * scaled.values()[i]).as("pixel %d", i).isCloseTo(pixels[i], within(1.01f));
        }
    }
}
