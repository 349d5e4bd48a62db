package dev.tandem.inspect;

import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.nn.Module;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.Test;

class OcclusionTest extends OnCpu {
    @Test
    void probabilitiesAreThoseOfImagesWithAHole() {
        Module network = initialised(sequential(conv(2, 4, 3), relu(), flatten(), linear(4 * 7 * 5, 3)));
        Tensor image = image(2, 9, 7);

        Occlusion result = Occlusion.of(network, image, 2, 4, 3);

        assertThat(result.tops()).containsExactly(0, 3, 5); // the last square ends at the border
        assertThat(result.lefts()).containsExactly(0, 3);
        assertThat(result.probability()).isCloseTo(probability(network, image.toFloatArray()), within(1e-6));
        for (int i = 0; i < 6; i++) {
            float[] pixels = image.toFloatArray();
            for (int p = 0; p < pixels.length; p++) {
                int y = p / 7 % 9 - result.tops()[i / 2];
                int x = p % 7 - result.lefts()[i % 2];
                pixels[p] = y >= 0 && y < 4 && x >= 0 && x < 4 ? 0 : pixels[p];
            }
            // Batches of other sizes may add in another order.
            assertThat((double) result.probabilities()[i]).isCloseTo(probability(network, pixels), within(1e-6));
        }
    }

    private double probability(Module network, float[] pixels) {
        float[] logits = network.apply(Tensor.of(device, pixels, 1, 2, 9, 7)).toFloatArray();
        return Math.exp(logits[2]) / (Math.exp(logits[0]) + Math.exp(logits[1]) + Math.exp(logits[2]));
    }

    @Test
    void pixelsGetTheMeanDropOfTheSquaresOverThem() {
        float[] probabilities = {0.5f, 0.75f, 0, 0.25f};
        int[] places = {0, 1};
        Occlusion occlusion = new Occlusion(3, 3, 1, 2, places, places, probabilities);

        assertThat(occlusion.drops().values())
                .containsExactly(
                        0.5f, 0.375f, 0.25f, // the first, the first and second, the second square
                        0.75f, 0.625f, 0.5f, 1, 0.875f, 0.75f);
    }

    @Test
    void patchLargerThanTheImageIsRefused() {
        Module network = initialised(sequential(flatten(), linear(63, 3)));

        assertThatThrownBy(() -> Occlusion.of(network, image(1, 9, 7), 0, 8, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("patch 8")
                .hasMessageContaining("9×7");
    }
}
