package dev.tandem.data;

import dev.tandem.data.image.ImageFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Where data sets come from: the one that ships, or a folder. */
public final class Datasets {
    private static final List<String> DIGITS = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    private static final List<String> FASHION = List.of(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

    private static final Pattern ARCHIVE = Pattern.compile("(?i)\\.(zip|tar|tgz|tbz2?|txz|7z|rar|(tar\\.\\w+))$");

    private Datasets() {}

    /** The handwritten digits of MNIST (LeCun, Cortes; CC BY-SA 3.0), which ship with Tandem: 60,000 and 10,000 of 28×28. */
    public static ImageDataset mnist(Split split) {
        if (split == Split.VALIDATION) {
            throw new NoDataException(
                    "MNIST: it comes in images to train on and images to test on, with none to validate on");
        }
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
     * names are the garments' where the folder's name has "fashion" in it), CIFAR-10 (binary), or photos in a folder a class
     * (see {@link ImageFolder}).
     *
     * @throws NoDataException if the folder holds none of that part, saying what was looked for
     * @throws IllegalArgumentException if there is no such folder, or files or class folders do not fit together
     */
    public static ImageDataset open(Path folder, Split split) {
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException("data folder " + folder + ": "
                    + (!Files.exists(folder)
                            ? "there is no such folder"
                            : ARCHIVE.matcher(folder.toString()).find()
                                    ? "it is an archive; unpack it and give the folder"
                                    : "it is a file; give the folder it is in"));
        }
        return find(folder, split)
                .orElseThrow(() -> new NoDataException("data folder " + folder + ": no "
                        + split.name().toLowerCase(Locale.ROOT) + " set was found; looked for " + expected(split)
                        + hint(folder, split)));
    }

    private static Optional<ImageDataset> find(Path folder, Split split) {
        if (split == Split.VALIDATION) {
            return ImageFolder.find(folder, split);
        }
        return openIdx(folder, split)
                .map(ImageDataset.class::cast)
                .or(() -> Cifar10Dataset.find(folder, split))
                .or(() -> ImageFolder.find(folder, split));
    }

    /** What may have been meant: unpacking often makes one folder more, and photos may lie without folders. */
    private static String hint(Path folder, Split split) {
        if (ClassFolder.holdsPhotos(folder)) {
            return "; there are photos in it, which want a folder for each class";
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(Files::isDirectory)
                    .sorted()
                    .filter(each -> holds(each, split))
                    .findFirst()
                    .map(each -> "; there is one in " + each)
                    .orElse("");
        } catch (IOException | UncheckedIOException e) {
            return "";
        }
    }

    private static boolean holds(Path folder, Split split) {
        try {
            return find(folder, split).isPresent();
        } catch (RuntimeException e) { // it cannot be read, or holds no whole data set
            return false;
        }
    }

    /** Both have the same files; the folder's name tells them apart. */
    private static Optional<InMemoryDataset> openIdx(Path folder, Split split) {
        String path = folder.toAbsolutePath().normalize().toString();
        return path.toLowerCase(Locale.ROOT).contains("fashion")
                ? IdxDataset.find(folder, split, "Fashion-MNIST", FASHION)
                : IdxDataset.find(folder, split, "MNIST in " + folder, DIGITS);
    }

    private static String expected(Split split) {
        String photos = "photos (" + ImageFormat.listed() + ") in ";
        if (split == Split.VALIDATION) {
            return photos + "val/<class>/, valid/<class>/ or validation/<class>/";
        }
        String stem = split == Split.TRAIN ? "train" : "t10k";
        return stem + "-images-idx3-ubyte and " + stem
                + "-labels-idx1-ubyte, plain or with .gz (MNIST, Fashion-MNIST); "
                + String.join(", ", Cifar10Dataset.names(split))
                + " (CIFAR-10, binary version); " + photos
                + (split == Split.TRAIN ? "train/<class>/ or <class>/" : "val/<class>/ or test/<class>/");
    }
}
