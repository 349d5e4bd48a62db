package dev.tandem.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Where data sets come from: the one that ships, or a folder. */
public final class Datasets {
    private static final List<String> DIGITS = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    private static final List<String> FASHION = List.of(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

    private Datasets() {}

    /** The handwritten digits of MNIST (LeCun, Cortes; CC BY-SA 3.0), which ship with Tandem: 60,000 and 10,000 of 28×28. */
    public static ImageDataset mnist(Split split) {
        String stem = split == Split.TRAIN ? "train" : "t10k";
        String images = "mnist/" + stem + "-images-idx3-ubyte.gz";
        String labels = "mnist/" + stem + "-labels-idx1-ubyte.gz";
        return IdxDataset.read(
                "MNIST",
                DIGITS,
                images,
                () -> Datasets.class.getResourceAsStream(images),
                labels,
                () -> Datasets.class.getResourceAsStream(labels));
    }

    /**
     * The data set in a folder, of the kind that its file names tell: MNIST or Fashion-MNIST (IDX, plain or gzipped; class
     * names are the garments' where the folder's name has "fashion" in it), or CIFAR-10 (binary).
     *
     * @throws IllegalArgumentException if the folder holds none, saying what was looked for
     */
    public static ImageDataset open(Path folder, Split split) {
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException("data folder " + folder + ": there is no such folder");
        }
        boolean fashion = folder.toAbsolutePath()
                .normalize()
                .toString()
                .toLowerCase(Locale.ROOT)
                .contains("fashion");
        Optional<InMemoryDataset> found = IdxDataset.find(
                folder, split, fashion ? "Fashion-MNIST" : "MNIST in " + folder, fashion ? FASHION : DIGITS);
        if (found.isEmpty()) {
            found = Cifar10Dataset.find(folder, split);
        }
        return found.orElseThrow(() -> new IllegalArgumentException("data folder " + folder + ": no "
                + split.name().toLowerCase(Locale.ROOT) + " set was found; looked for " + expected(split)));
    }

    private static String expected(Split split) {
        return split == Split.TRAIN
                ? "train-images-idx3-ubyte and train-labels-idx1-ubyte (MNIST, Fashion-MNIST; also with .gz), data_batch_1.bin to data_batch_5.bin (CIFAR-10)"
                : "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte (MNIST, Fashion-MNIST; also with .gz), test_batch.bin (CIFAR-10)";
    }
}
