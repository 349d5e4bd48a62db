package dev.tandem.conformance;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Image batches: crop, mirror, normalise, convert. */
class InputConformance extends Kit {
    private static float[] perChannel(long channels, float first, float step) {
        float[] values = new float[(int) channels];
        for (int c = 0; c < channels; c++) {
            values[c] = first + c * step;
        }
        return values;
    }

    private void check(DType dtype, long[] pixels, int height, int width, double... windows) {
        long channels = pixels[3];
        checkForward(
                Tolerance.elementwise(dtype),
                (on, in) -> on.input()
                        .images(
                                in[0],
                                in[1],
                                height,
                                width,
                                perChannel(channels, 120, 5),
                                perChannel(channels, 0.017f, 0.001f),
                                dtype),
                new Draw(1).integers(DType.UINT8, 0, 255, pixels),
                Values.integers(DType.INT32, Shape.of(pixels[0], 3), windows));
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "BFLOAT16", "FLOAT16"})
    void wholeImages(DType dtype) {
        check(dtype, new long[] {2, 5, 7, 3}, 5, 7, 0, 0, 0, 0, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 3, 4, 6})
    void cropsAndMirrors(long channels) {
        check(DType.FLOAT32, new long[] {3, 9, 10, channels}, 4, 5, 0, 0, 1, 2, 3, 0, 5, 5, 1);
    }

    @Test
    void pixelsOutsideAreZeroBeforeNormalisation() {
        check(DType.FLOAT32, new long[] {4, 6, 6, 3}, 6, 6, -2, -1, 0, 3, 2, 0, -3, 4, 1, 2, -4, 1);
        check(DType.FLOAT32, new long[] {1, 3, 3, 1}, 9, 8, -3, -2, 1);
    }

    @Test
    void oddSizes() {
        check(DType.FLOAT32, new long[] {1, 1, 1, 1}, 1, 1, 0, 0, 1);
        check(DType.FLOAT32, new long[] {2, 1, 17, 3}, 1, 13, 0, 4, 1, 0, 2, 0);
        check(DType.FLOAT32, new long[] {2, 37, 33, 3}, 32, 32, 3, 1, 1, 5, 0, 0);
    }

    @Test
    void anEmptyBatch() {
        check(DType.FLOAT32, new long[] {0, 5, 5, 3}, 4, 4);
    }
}
