package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    /** The reference goes over the pixels twice, in another order and in floating point. */
    @Test
    void agreesWithTheTwoPassFormula() {
        ImageDataset dataset = TestImages.numbered(37, 3, 5, 4);
        Statistics statistics = Statistics.of(dataset);
        for (int c = 0; c < 3; c++) {
            double sum = 0;
            double squares = 0;
            int pixels = 37 * 5 * 4;
            for (int i = 0; i < 37; i++) {
                List<Integer> image = IdxDatasetTest.image(dataset, i);
                for (int p = c; p < image.size(); p += 3) {
                    sum += image.get(p);
                }
            }
            double mean = sum / pixels;
            for (int i = 0; i < 37; i++) {
                List<Integer> image = IdxDatasetTest.image(dataset, i);
                for (int p = c; p < image.size(); p += 3) {
                    squares += (image.get(p) - mean) * (image.get(p) - mean);
                }
            }
            assertThat(statistics.mean()[c]).isCloseTo(mean, within(1e-10)); // 16 digits of numbers up to 255
            assertThat(statistics.deviation()[c]).isCloseTo(Math.sqrt(squares / pixels), within(1e-10));
        }
    }

    @Test
    void aConstantSetHasDeviationZero() {
        byte[] pixels = new byte[300];
        Arrays.fill(pixels, (byte) 255);
        Statistics statistics =
                Statistics.of(new InMemoryDataset("white", 1, 10, 10, List.of("a"), new byte[3], pixels));
        assertThat(statistics.mean()).containsExactly(255);
        assertThat(statistics.deviation()).containsExactly(0);
        assertThat(statistics.toNormalization().scale()[0]).isFinite();
    }

    @Test
    void noImagesAreRefused() {
        ImageDataset empty = new InMemoryDataset("none", 1, 1, 1, List.of("a"), new byte[0], new byte[0]);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Statistics.of(empty))
                .withMessage("statistics of none: it has no images");
    }
}
