package dev.tandem.inspect;

import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PicturesTest extends OnCpu {
    @Test
    void eachFilterIsStretchedFromItsSmallestToItsLargestWeight() {
        Sequential network = initialised(sequential(conv(1, 2, 2), relu(), flatten(), linear(18, 3)));
        network.parameters().get("0.weight").value().set(-3, -2, -1, 1, 100, 101, 102, 104);

        Filters filters = Filters.of(network, 1, 4, 4);
        BufferedImage picture = Pictures.filters(filters, List.of());

        assertThat(filters.layer()).isEqualTo("0");
        assertThat(filters.isTemplates()).isFalse();
        assertThat(picture.getWidth()).isEqualTo(96 + 2 + 96); // 2×2 pixels enlarged 48 times, a gap between
        assertThat(picture.getHeight()).isEqualTo(96);
        for (int tile = 0; tile < 2; tile++) {
            assertGrey(picture, 98 * tile, 0, 0);
            assertGrey(picture, 98 * tile + 48, 0, 64); // a quarter of 255
            assertGrey(picture, 98 * tile + 47, 95, 128);
            assertGrey(picture, 98 * tile + 95, 95, 255);
        }
    }

    private static void assertGrey(BufferedImage picture, int x, int y, int level) {
        assertThat(picture.getRGB(x, y) & 0xffffff).isEqualTo(0x010101 * level);
    }

    @Test
    void filtersOverThreeChannelsAreInColour() {
        Sequential network = initialised(sequential(conv(3, 1, 1)));
        network.parameters().get("0.weight").value().set(2f, 1f, 0f);

        BufferedImage picture = Pictures.filters(Filters.of(network, 3, 4, 4), List.of());

        assertThat(picture.getRGB(10, 10) & 0xffffff).isEqualTo(0xff8000);
    }

    @Test
    void onlyLinearLayerHasATemplateForEachClass() {
        Sequential network = initialised(sequential(flatten(), linear(12, 10)));

        Filters filters = Filters.of(network, 1, 3, 4);
        BufferedImage picture = Pictures.filters(
                filters, List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "a long name that has no room"));

        assertThat(filters.isTemplates()).isTrue();
        assertThat(filters.filters()).hasSize(10);
        assertThat(filters.filters().get(3).values()).containsExactly(floats(network, 36, 48));
        assertThat(picture.getWidth()).isEqualTo(5 * 96 + 4 * 2); // two rows of five
    }

    private static float[] floats(Sequential network, int from, int to) {
        return Arrays.copyOfRange(network.parameters().get("1.weight").value().toFloatArray(), from, to);
    }

    @Test
    void hiddenLinearLayerHasFiltersButNoTemplates() {
        Sequential network = initialised(sequential(flatten(), linear(12, 5), relu(), linear(5, 3)));

        assertThat(Filters.of(network, 1, 3, 4).isTemplates()).isFalse();
        assertThatThrownBy(() -> Filters.of(network, 1, 5, 5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Linear(12, 5)");
    }

    @Test
    void activationsShowSoManyChannelsEachInItsOwnRange() {
        Planes maps = new Planes(3, 1, 2, new float[] {-5, 5, 7, 7, 0, 1});

        BufferedImage picture = Pictures.activations(maps, 2);

        assertThat(picture.getWidth()).isEqualTo(96 + 2 + 96);
        assertThat(picture.getHeight()).isEqualTo(48);
        assertGrey(picture, 0, 0, 0);
        assertGrey(picture, 95, 47, 255);
        assertGrey(picture, 120, 10, 0); // the same everywhere
    }

    @Test
    void overlayIsRedWhereMostCountsAndBlueWhereNothingDoes() {
        Planes black = new Planes(1, 28, 28, new float[28 * 28]);
        HeatMap map = new HeatMap(1, 2, new float[] {-1, 4});

        BufferedImage picture = Pictures.overlay(black, map);

        assertThat(picture.getWidth()).isEqualTo(2 * 224 + 2);
        assertThat(picture.getHeight()).isEqualTo(224);
        assertGrey(picture, 100, 100, 0);
        int left = picture.getRGB(226, 100);
        int right = picture.getRGB(449, 100);
        assertThat(left & 0xff).isGreaterThan(0x30);
        assertThat(left & 0xffff00).isZero();
        assertThat(right & 0xff0000).isGreaterThan(0x300000);
        assertThat(right & 0xffff).isZero();
    }

    @Test
    void littleIsBlueWhereTheScaleIsLarge() {
        Planes black = new Planes(1, 28, 28, new float[28 * 28]);
        HeatMap noise = new HeatMap(1, 2, new float[] {0, 0.005f});

        BufferedImage picture = Pictures.overlay(black, noise, 0.1f);

        assertThat(picture.getRGB(449, 100) & 0xffff00).isZero();
    }

    @Test
    void heatMapsAreScaledBetweenCentres() {
        HeatMap map = new HeatMap(1, 2, new float[] {0, 1}).resized(1, 8);

        assertThat(map.values())
                .containsExactly(new float[] {0, 0, 0.125f, 0.375f, 0.625f, 0.875f, 1, 1}, within(1e-6f));
    }

    @Test
    void tokensBecomePlanesWithoutTheClassToken() {
        Tensor tokens = Tensor.of(new float[] {9, 9, 0, 10, 1, 11, 2, 12, 3, 13, 4, 14, 5, 15}, 1, 7, 2);

        Planes planes = Planes.ofTokens(tokens, 2, 3);

        assertThat(planes.values()).containsExactly(0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15);
    }

    @Test
    void gridsAreFullWhereTheyCanBe() {
        assertThat(Pictures.columns(96)).isEqualTo(12);
        assertThat(Pictures.columns(64)).isEqualTo(8);
        assertThat(Pictures.columns(6)).isEqualTo(3);
        assertThat(Pictures.columns(10)).isEqualTo(5);
        assertThat(Pictures.columns(37)).isEqualTo(7); // a prime
    }

    @Test
    void neighboursStandInARow() {
        Planes image = new Planes(1, 28, 28, random(784, 1));

        BufferedImage row = Pictures.neighbours(image, List.of(image, image), List.of("digit", "7", "9"));
        BufferedImage both = Pictures.stacked(List.of(row, row));

        assertThat(row.getWidth()).isEqualTo(3 * (84 + 4) + 2 * 4); // 28 pixels three times, a frame, gaps
        assertThat(row.getHeight()).isEqualTo(88 + 16);
        assertThat(both.getHeight()).isEqualTo(2 * row.getHeight());
    }
}
