package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.models.Models;
import org.junit.jupiter.api.Test;

class RecipesTest {
    private static TrainSettings resnet18(int images, Integer batch) {
        return Recipes.forImages(Recipes.of(Models.get("resnet18"), true, false), images, batch);
    }

    @Test
    void fewImagesMeanSmallerBatchesAtALowerRate() {
        TrainSettings few = resnet18(500, null);
        assertThat(few.batch()).isEqualTo(32);
        assertThat(few.learningRate()).isCloseTo(0.1 * 32 / 256, within(1e-12));
        assertThat(few.warmup()).as("50 steps").isCloseTo(50 / 15.0, within(1e-12));
        assertThat(resnet18(1600, null).batch()).isEqualTo(64);
        assertThat(resnet18(100, null).batch()).isEqualTo(16);
        assertThat(resnet18(100, null).warmup())
                .as("a fifth of the epochs at most")
                .isEqualTo(6);
        assertThat(resnet18(10, null).batch()).isEqualTo(10);
    }

    @Test
    void manyImagesChangeNothing() {
        TrainSettings recipe = Recipes.of(Models.get("resnet18_cifar"), true, false);
        assertThat(Recipes.forImages(recipe, 50_000, null)).isEqualTo(recipe);
        TrainSettings digits = Recipes.of(Models.get("lenet5"), false, true);
        assertThat(Recipes.forImages(digits, 60_000, null)).isEqualTo(digits);
    }

    @Test
    void theRateGoesWithABatchThatWasAskedFor() {
        assertThat(resnet18(500, 8).learningRate()).isCloseTo(0.1 * 8 / 256, within(1e-12));
        assertThat(resnet18(500, 8).batch()).isEqualTo(8);
        assertThat(resnet18(50_000, 512).learningRate())
                .as("never above the network's")
                .isEqualTo(0.05);
    }
}
