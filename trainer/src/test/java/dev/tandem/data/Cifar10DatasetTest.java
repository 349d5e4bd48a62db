package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.io.BrokenFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10DatasetTest {
    private static final int RECORD = 3073;

    @TempDir
    Path folder;

    /** A test set of two images; a training set of one a file. */
    @BeforeEach
    void writeTinySets() throws IOException {
        Files.write(folder.resolve("test_batch.bin"), records(3, 9));
        for (int i = 1; i <= 5; i++) {
            Files.write(folder.resolve("data_batch_" + i + ".bin"), records(i));
        }
    }

    @Test
    void readsTheTestSet() {
        ImageDataset dataset = Datasets.open(folder, Split.TEST);

        assertThat(dataset.name()).isEqualTo("CIFAR-10");
        assertThat(dataset.size()).isEqualTo(2);
        assertThat(List.of(dataset.channels(), dataset.height(), dataset.width()))
                .containsExactly(3, 32, 32);
        assertThat(dataset.label(0)).isEqualTo(3);
        assertThat(dataset.label(1)).isEqualTo(9);
        assertThat(dataset.classNames()).startsWith("airplane", "automobile").endsWith("truck");
    }

    @Test
    void planesBecomePixels() {
        List<Integer> pixels = IdxDatasetTest.image(Datasets.open(folder, Split.TEST), 1);
        for (int row : new int[] {0, 1, 31}) {
            for (int column : new int[] {0, 1, 30, 31}) {
                for (int channel = 0; channel < 3; channel++) {
                    assertThat(pixels.get((row * 32 + column) * 3 + channel))
                            .as("row %d, column %d, channel %d", row, column, channel)
                            .isEqualTo(pixel(1, channel, row, column));
                }
            }
        }
    }

    @Test
    void theTrainingSetIsTheFiveFilesInOrder() {
        ImageDataset dataset = Datasets.open(folder, Split.TRAIN);
        assertThat(dataset.size()).isEqualTo(5);
        for (int i = 0; i < 5; i++) {
            assertThat(dataset.label(i)).isEqualTo(i + 1);
        }
    }

    @Test
    void theArchivesFolderIsFound() throws IOException {
        Path outer = Files.createDirectory(folder.resolve("outer"));
        Path inner = Files.createDirectory(outer.resolve("cifar-10-batches-bin"));
        Files.move(folder.resolve("test_batch.bin"), inner.resolve("test_batch.bin"));
        assertThat(Datasets.open(outer, Split.TEST).size()).isEqualTo(2);
    }

    @Test
    void classNamesComeFromTheArchivesList() throws IOException {
        Files.writeString(folder.resolve("batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
        assertThat(Datasets.open(folder, Split.TEST).classNames())
                .startsWith("a", "b")
                .hasSize(10);

        Files.writeString(folder.resolve("batches.meta.txt"), "a\nb\n");
        assertBroken(Split.TEST, "batches.meta.txt", "it has 2 lines with class names, CIFAR-10 has 10 classes");
    }

    @Test
    void aTruncatedFileIsRefused() throws IOException {
        for (int length : new int[] {0, 1, RECORD - 1, RECORD + 1, 2 * RECORD - 1}) {
            Files.write(folder.resolve("test_batch.bin"), Arrays.copyOf(records(3, 9), length));
            assertBroken(Split.TEST, "test_batch.bin", "byte " + length + ": the file ends here");
        }
        Files.write(folder.resolve("data_batch_4.bin"), new byte[RECORD - 1]);
        assertBroken(Split.TRAIN, "data_batch_4.bin", "byte 3072: the file ends here");
    }

    @Test
    void aLabelOutsideTheClassesIsRefused() throws IOException {
        Files.write(folder.resolve("test_batch.bin"), records(3, 10));
        assertBroken(Split.TEST, "test_batch.bin", "byte 3073: label 10 is outside the classes 0 to 9");
    }

    @Test
    void aMissingFileOfTheFiveIsNamed() throws IOException {
        Files.delete(folder.resolve("data_batch_3.bin"));
        assertThatThrownBy(() -> Datasets.open(folder, Split.TRAIN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("data_batch_3.bin is missing; put in all of [data_batch_1.bin");
    }

    private void assertBroken(Split split, String file, String fault) {
        assertThatThrownBy(() -> Datasets.open(folder, split))
                .isInstanceOf(BrokenFileException.class)
                .hasMessageStartingWith(folder.resolve(file) + ": ")
                .hasMessageContaining(fault);
    }

    private static int pixel(int image, int channel, int row, int column) {
        return (100 * image + 70 * channel + 5 * row + 3 * column) & 0xff;
    }

    private static byte[] records(int... labels) {
        byte[] bytes = new byte[labels.length * RECORD];
        int at = 0;
        for (int image = 0; image < labels.length; image++) {
            bytes[at++] = (byte) labels[image];
            for (int channel = 0; channel < 3; channel++) {
                for (int p = 0; p < 1024; p++) {
                    bytes[at++] = (byte) pixel(image, channel, p / 32, p % 32);
                }
            }
        }
        return bytes;
    }
}
