package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetsTest {
    @TempDir
    Path folder;

    /** The first labels, the counts of each class and the mean pixel are as published for MNIST. */
    @Test
    void mnistShips() {
        ImageDataset train = Datasets.mnist(Split.TRAIN);
        assertThat(train.size()).isEqualTo(60_000);
        assertThat(train.height()).isEqualTo(28);
        assertThat(train.width()).isEqualTo(28);
        int[] counts = new int[10];
        for (int i = 0; i < train.size(); i++) {
            counts[train.label(i)]++;
        }
        assertThat(counts).containsExactly(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949);
        assertThat(new int[] {train.label(0), train.label(1), train.label(2), train.label(3), train.label(4)})
                .containsExactly(5, 0, 4, 1, 9);
        Statistics statistics = Statistics.of(train);
        assertThat(statistics.mean()[0]).isCloseTo(0.1307 * 255, within(0.00005 * 255)); // published with 4 digits
        assertThat(statistics.deviation()[0]).isCloseTo(0.3081 * 255, within(0.00005 * 255));

        ImageDataset test = Datasets.mnist(Split.TEST);
        assertThat(test.size()).isEqualTo(10_000);
        assertThat(test.label(0)).isEqualTo(7);
        assertThat(test.label(9_999)).isEqualTo(6);
    }

    @Test
    void theFoldersNameTellsFashionFromDigits() throws IOException {
        Path digits = Files.createDirectories(folder.resolve("mnist"));
        Path fashion = Files.createDirectories(folder.resolve("Fashion-MNIST/raw"));
        for (Path target : new Path[] {digits, fashion}) {
            copyResource("t10k-images-idx3-ubyte.gz", target);
            copyResource("t10k-labels-idx1-ubyte.gz", target);
        }
        assertThat(Datasets.open(digits, Split.TEST).classNames()).startsWith("0", "1");
        assertThat(Datasets.open(fashion, Split.TEST).classNames()).startsWith("T-shirt/top", "Trouser");
        assertThat(Datasets.open(fashion, Split.TEST).name()).isEqualTo("Fashion-MNIST");
    }

    @Test
    void aFolderWithoutDataSaysWhatWasLookedFor() throws IOException {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(folder, Split.TRAIN))
                .withMessage(
                        "data folder " + folder + ": no train set was found; looked for train-images-idx3-ubyte and"
                                + " train-labels-idx1-ubyte, plain or with .gz (MNIST, Fashion-MNIST); data_batch_1.bin,"
                                + " data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin (CIFAR-10, binary"
                                + " version); photos (JPEG, PNG, WebP, TIFF, BMP or GIF) in train/<class>/ or <class>/");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(folder, Split.TEST))
                .withMessageContaining("t10k-images-idx3-ubyte")
                .withMessageContaining("test_batch.bin");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(folder.resolve("none"), Split.TEST))
                .withMessageEndingWith("none: there is no such folder");
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(file, Split.TEST))
                .withMessageEndingWith("file: it is a file; give the folder it is in");
        Path archive = Files.writeString(folder.resolve("cifar-10-binary.tar.gz"), "");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(archive, Split.TEST))
                .withMessageEndingWith("it is an archive; unpack it and give the folder");
    }

    @Test
    void aFolderTooHighOrTooLowIsTold() throws IOException {
        Path rose = Files.createDirectories(folder.resolve("photos/train/rose"));
        Files.writeString(rose.resolve("1.jpg"), "");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(folder, Split.TRAIN))
                .withMessageEndingWith("; there is one in " + folder.resolve("photos"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(rose, Split.TRAIN))
                .withMessageEndingWith("; there are photos in it, which want a folder for each class");
    }

    private static void copyResource(String name, Path folder) throws IOException {
        try (InputStream in = Datasets.class.getResourceAsStream("mnist/" + name)) {
            Files.copy(in, folder.resolve(name));
        }
    }
}
