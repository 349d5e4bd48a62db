package dev.tandem.cli.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.data.image.Plane;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DigitPreparationTest {
    private static final DigitPhotos PHOTOS = new DigitPhotos();

    @Test
    void photographedDigitsComeOutAsTheyWereInMnist() {
        double[] alike = new double[60];
        for (int i = 0; i < alike.length; i++) {
            DigitPreparation.Result result = DigitPreparation.prepare(PHOTOS.photo(i), 28);
            assertThat(result.found()).as("photo " + i).isTrue();
            alike[i] = correlation(result.image(), PHOTOS.original(i));
        }
        Arrays.sort(alike);

        // Scaling up, grain and down again cost some sharpness, and a shift by a pixel much correlation.
        assertThat(alike[alike.length / 2]).isGreaterThan(0.93);
        assertThat(alike[alike.length / 20]).isGreaterThan(0.75);
    }

    @Test
    void chalkOnABoardIsNotInverted() {
        DigitPreparation.Result result =
                DigitPreparation.prepare(PHOTOS.photo(3).inverted(), 28);

        assertThat(correlation(result.image(), PHOTOS.original(3))).isGreaterThan(0.9);
        assertThat(result.remark()).doesNotContain("inverted").contains("ink found at");
    }

    @Test
    void mnistsOwnImagesStayAsTheyAre() {
        DigitPreparation.Result result = DigitPreparation.prepare(PHOTOS.original(7), 28);

        assertThat(result.image().values()).isEqualTo(PHOTOS.original(7).values());
        assertThat(result.remark()).contains("already");
    }

    @Test
    void thinPenIsThickened() {
        float[] paper = new float[200 * 200];
        Arrays.fill(paper, 0.9f);
        for (int y = 40; y < 160; y++) {
            paper[y * 200 + 100] = 0.2f;
            paper[y * 200 + 101] = 0.2f;
        }

        DigitPreparation.Result result = DigitPreparation.prepare(new Plane(200, 200, paper), 28);

        assertThat(result.remark()).contains("thin strokes thickened");
        float[] row = Arrays.copyOfRange(result.image().values(), 14 * 28, 15 * 28);
        double inked = 0;
        for (float value : row) {
            inked += value;
        }
        assertThat(inked).isBetween(1.5, 3.0);
    }

    @Test
    void emptyPaperIsSaidToBeEmpty() {
        float[] paper = new float[60 * 80];
        Arrays.fill(paper, 0.8f);

        DigitPreparation.Result result = DigitPreparation.prepare(new Plane(60, 80, paper), 28);

        assertThat(result.found()).isFalse();
        assertThat(result.remark()).contains("no ink");
        assertThat(result.image().height()).isEqualTo(28);
    }

    @Test
    void specksAndTheTableAroundThePaperAreLeftOut() {
        Plane photo = PHOTOS.photo(3);
        float[] values = photo.values().clone();
        for (int y = 0; y < photo.height(); y++) {
            for (int x = 0; x < photo.width(); x++) {
                boolean table = y < 12;
                boolean speck = y > 290 && y < 294 && x > 390 && x < 394;
                if (table || speck) {
                    values[y * photo.width() + x] = 0.15f;
                }
            }
        }

        DigitPreparation.Result result = DigitPreparation.prepare(new Plane(photo.height(), photo.width(), values), 28);

        assertThat(correlation(result.image(), PHOTOS.original(3))).isGreaterThan(0.9);
    }

    private static double correlation(Plane a, Plane b) {
        double meanA = mean(a);
        double meanB = mean(b);
        double both = 0;
        double squaresA = 0;
        double squaresB = 0;
        for (int i = 0; i < a.values().length; i++) {
            double x = a.values()[i] - meanA;
            double y = b.values()[i] - meanB;
            both += x * y;
            squaresA += x * x;
            squaresB += y * y;
        }
        return both / Math.sqrt(squaresA * squaresB);
    }

    private static double mean(Plane plane) {
        double sum = 0;
        for (float value : plane.values()) {
            sum += value;
        }
        return sum / plane.values().length;
    }
}
