package dev.tandem.data;

import dev.tandem.io.BrokenFileException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads MNIST and what has its form, Fashion-MNIST for one: a file of images and a file of labels, both {@link IdxFile}s. */
final class IdxDataset {
    private IdxDataset() {}

    static InMemoryDataset read(
            String name,
            List<String> classNames,
            String imagesName,
            IdxFile.Source imagesSource,
            String labelsName,
            IdxFile.Source labelsSource) {
        IdxFile labels = IdxFile.read(labelsName, labelsSource, 1);
        IdxFile images = IdxFile.read(imagesName, imagesSource, 3);
        int[] sizes = images.sizes();
        if (sizes[0] != labels.sizes()[0]) {
            throw new BrokenFileException(
                    imagesName,
                    "byte 4: it has " + sizes[0] + " images, " + labelsName + " has " + labels.sizes()[0]
                            + " labels; they do not belong together, get both again");
        }
        if (images.data().length == 0) {
            throw new BrokenFileException(
                    imagesName,
                    "byte 4: it has " + sizes[0] + " images of " + sizes[1] + "×" + sizes[2]
                            + " pixels; there is nothing to learn from, get it again");
        }
        checkLabels(labels, classNames.size());
        return new InMemoryDataset(name, 1, sizes[1], sizes[2], classNames, labels.data(), images.data());
    }

    private static void checkLabels(IdxFile labels, int classes) {
        byte[] data = labels.data();
        for (int i = 0; i < data.length; i++) {
            if ((data[i] & 0xff) >= classes) {
                throw new BrokenFileException(
                        labels.name(),
                        "byte " + (IdxFile.dataOffset(1) + i) + ": label " + (data[i] & 0xff) + " of image " + i
                                + " is outside the classes 0 to " + (classes - 1)
                                + "; it is damaged or of another data set");
            }
        }
    }

    /**
     * The images and labels of one split in a folder, by the names that MNIST and Fashion-MNIST use; none if neither is there.
     *
     * @throws IllegalArgumentException if one is there without the other
     */
    static Optional<InMemoryDataset> find(Path folder, Split split, String name, List<String> classNames) {
        String stem = split == Split.TRAIN ? "train" : "t10k";
        Optional<Path> images = first(folder, stem + "-images-idx3-ubyte", stem + "-images.idx3-ubyte");
        Optional<Path> labels = first(folder, stem + "-labels-idx1-ubyte", stem + "-labels.idx1-ubyte");
        if (images.isEmpty() && labels.isEmpty()) {
            return Optional.empty();
        }
        if (images.isEmpty() || labels.isEmpty()) {
            throw new IllegalArgumentException("data folder " + folder + ": "
                    + images.or(() -> labels).get().getFileName() + " is there, " + stem
                    + (images.isEmpty() ? "-images-idx3-ubyte" : "-labels-idx1-ubyte")
                    + " (or with .gz) is missing; put both in");
        }
        return Optional.of(read(
                name,
                classNames,
                images.get().toString(),
                () -> Files.newInputStream(images.get()),
                labels.get().toString(),
                () -> Files.newInputStream(labels.get())));
    }

    private static Optional<Path> first(Path folder, String... stems) {
        for (String stem : stems) {
            for (String ending : List.of("", ".gz")) {
                Path file = folder.resolve(stem + ending);
                if (Files.isRegularFile(file)) {
                    return Optional.of(file);
                }
            }
        }
        return Optional.empty();
    }
}
