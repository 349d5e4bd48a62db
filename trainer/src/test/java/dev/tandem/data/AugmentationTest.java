package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AugmentationTest {
    @Test
    void noneLeavesImagesAsTheyAre() {
        for (int image = 0; image < 100; image++) {
            assertThat(Augmentation.NONE.draw(1, 2, image))
                    .isEqualTo(new Augmentation.Window(0, 0, false, Crop.CENTRE));
        }
    }

    @Test
    void everyOffsetUpToThePaddingOccursEquallyOften() {
        Augmentation augmentation = new Augmentation(2, true);
        int[][] counts = new int[5][5];
        int mirrored = 0;
        for (int image = 0; image < 25_000; image++) {
            Augmentation.Window window = augmentation.draw(1, 0, image);
            counts[window.top() + 2][window.left() + 2]++; // out of bounds if beyond the padding
            mirrored += window.mirrored() ? 1 : 0;
        }
        for (int[] row : counts) {
            assertThat(IntStream.of(row).boxed().toList()).allMatch(count -> Math.abs(count - 1_000) < 155); // 5 sigma
        }
        assertThat(mirrored).isBetween(12_100, 12_900);
    }

    @Test
    void windowsDependOnSeedEpochAndImage() {
        Augmentation augmentation = new Augmentation(1_000, false);
        Augmentation.Window window = augmentation.draw(1, 2, 3);
        assertThat(augmentation.draw(1, 2, 3)).isEqualTo(window);
        assertThat(augmentation.draw(2, 2, 3)).isNotEqualTo(window);
        assertThat(augmentation.draw(1, 3, 3)).isNotEqualTo(window);
        assertThat(augmentation.draw(1, 2, 4)).isNotEqualTo(window);
        assertThat(window.mirrored()).isFalse();
    }

    @Test
    void aPaddingThatMakesNoSenseIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Augmentation(-1, false))
                .withMessageContaining("padding -1 given");
        assertThatIllegalArgumentException().isThrownBy(() -> new Augmentation(Integer.MAX_VALUE, false));
    }
}
