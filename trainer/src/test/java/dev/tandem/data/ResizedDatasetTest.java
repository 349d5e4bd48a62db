package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResizedDatasetTest {
    @Test
    void sameSizeGivesTheSameBytes() {
        byte[] pixels = {0, 10, (byte) 200, (byte) 255};

        assertThat(first(new ResizedDataset(grey(2, 2, pixels), 2, 2))).isEqualTo(pixels);
    }

    @Test
    void shrinkingAverages() {
        byte[] pixels = {0, 100, 0, 100, 0, 100, 0, 100, 0, 100, 0, 100, 0, 100, 0, 100};

        assertThat(first(new ResizedDataset(grey(4, 4, pixels), 1, 1))).containsExactly(50);
    }

    @Test
    void growingGoesStraightFromPixelToPixel() {
        // PyTorch: interpolate([0, 100], size=4, mode="linear", align_corners=False) gives 0, 25, 75, 100.
        assertThat(first(new ResizedDataset(grey(1, 2, new byte[] {0, 100}), 1, 4)))
                .containsExactly(0, 25, 75, 100);
    }

    @Test
    void channelsStayApart() {
        ImageDataset whole =
                new InMemoryDataset("colours", 3, 1, 2, List.of("a"), new byte[1], new byte[] {10, 20, 30, 10, 20, 30});

        assertThat(first(new ResizedDataset(whole, 2, 1))).containsExactly(10, 20, 30, 10, 20, 30);
    }

    @Test
    void labelsAndNamesAreTheOther() {
        ImageDataset resized = new ResizedDataset(grey(2, 2, new byte[4]), 3, 5);

        assertThat(resized.height()).isEqualTo(3);
        assertThat(resized.width()).isEqualTo(5);
        assertThat(resized.imageBytes()).isEqualTo(15);
        assertThat(resized.label(0)).isZero();
        assertThat(resized.classNames()).containsExactly("a");
    }

    @Test
    void refusesNoPixels() {
        assertThatThrownBy(() -> new ResizedDataset(grey(2, 2, new byte[4]), 0, 5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0×5");
    }

    private static ImageDataset grey(int height, int width, byte[] pixels) {
        return new InMemoryDataset("grey", 1, height, width, List.of("a"), new byte[1], pixels);
    }

    private static byte[] first(ImageDataset dataset) {
        byte[] result = new byte[dataset.imageBytes()];
        dataset.copyPixels(0, MemorySegment.ofArray(result), 0);
        return result;
    }
}
