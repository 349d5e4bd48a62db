package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Data sets of a user's own, which may say one thing and do another. */
class ForeignDatasetTest {
    /** Images of 2×3 pixels that are said to take {@code imageBytes} and write {@code written}. */
    private record Own(int channels, int imageBytes, int written) implements ImageDataset {
        @Override
        public String name() {
            return "own";
        }

        @Override
        public int size() {
            return 4;
        }

        @Override
        public int height() {
            return 2;
        }

        @Override
        public int width() {
            return 3;
        }

        @Override
        public List<String> classNames() {
            return List.of("a");
        }

        @Override
        public int label(int index) {
            return 0;
        }

        @Override
        public void copyPixels(int index, MemorySegment target, long offset) {
            for (int i = 0; i < written; i++) {
                target.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (index + 1));
            }
        }
    }

    @Test
    void anImageCannotBeWrittenOverItsNeighbours() {
        for (int written : new int[] {19, 36}) {
            try (BatchLoader loader = BatchLoader.inOrder(new Own(3, 18, written), 2)) {
                assertThatThrownBy(loader::next)
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageStartingWith("data set own: image 0 was written outside of its 18 bytes (3×2×3, ")
                        .hasMessageEndingWith("copyPixels must write exactly those");
            }
        }
    }

    @Test
    void imagesThatKeepTheirWordArrive() {
        try (BatchLoader loader = BatchLoader.inOrder(new Own(3, 18, 18), 2)) {
            byte[] pixels = loader.next().pixels().toArray(ValueLayout.JAVA_BYTE);
            assertThat(pixels).hasSize(36).startsWith(1, 1).endsWith(2, 2);
        }
    }

    @Test
    void sizesThatContradictEachOtherAreRefused() {
        for (int bytes : new int[] {0, 6, 17, 19}) {
            assertThatThrownBy(() -> BatchLoader.inOrder(new Own(3, bytes, 6), 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("in " + bytes + " bytes");
        }
    }
}
