package dev.tandem.data;

import dev.tandem.io.BrokenFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Reads CIFAR-10's binary version (https://www.cs.toronto.edu/~kriz/cifar.html): records of a label and 3,072 bytes, red then
 * green then blue.
 */
final class Cifar10Dataset {
    private static final int SIDE = 32;
    private static final int PLANE = SIDE * SIDE;
    private static final int RECORD = 1 + 3 * PLANE;
    /** Six times CIFAR-10's files: more would be another data set. */
    private static final long MAX_FILE_BYTES = 60_000L * RECORD;

    private static final String CLASS_NAMES_FILE = "batches.meta.txt";
    private static final List<String> CLASS_NAMES =
            List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

    private Cifar10Dataset() {}

    /**
     * One split in a folder, or in the folder that the archive unpacks to; none if no file of it is there.
     *
     * @throws IllegalArgumentException if only some of the training set's five files are there
     */
    static Optional<InMemoryDataset> find(Path folder, Split split) {
        for (Path place : List.of(folder, folder.resolve("cifar-10-batches-bin"))) {
            List<Path> files = names(split).stream().map(place::resolve).toList();
            List<Path> missing =
                    files.stream().filter(file -> !Files.isRegularFile(file)).toList();
            if (missing.isEmpty()) {
                return Optional.of(read(files, classNames(place.resolve(CLASS_NAMES_FILE))));
            }
            if (missing.size() < files.size()) {
                throw new IllegalArgumentException("data folder " + place + ": "
                        + missing.get(0).getFileName() + " is missing; put in all of " + names(split));
            }
        }
        return Optional.empty();
    }

    static List<String> names(Split split) {
        return split == Split.TEST
                ? List.of("test_batch.bin")
                : List.of(
                        "data_batch_1.bin",
                        "data_batch_2.bin",
                        "data_batch_3.bin",
                        "data_batch_4.bin",
                        "data_batch_5.bin");
    }

    private static InMemoryDataset read(List<Path> files, List<String> classNames) {
        int[] counts = files.stream().mapToInt(Cifar10Dataset::records).toArray();
        int count = 0;
        for (int records : counts) {
            count += records;
        }
        byte[] labels = new byte[count];
        byte[] pixels = new byte[count * 3 * PLANE];
        int image = 0;
        for (int f = 0; f < counts.length; f++) {
            byte[] bytes = readFile(files.get(f), counts[f]);
            for (int at = 0; at < bytes.length; at += RECORD, image++) {
                labels[image] = checkLabel(files.get(f), bytes, at, classNames.size());
                interleave(bytes, at + 1, pixels, image * 3 * PLANE);
            }
        }
        return new InMemoryDataset("CIFAR-10", 3, SIDE, SIDE, classNames, labels, pixels);
    }

    private static int records(Path file) {
        try {
            long bytes = Files.size(file);
            if (bytes == 0 || bytes % RECORD != 0 || bytes > MAX_FILE_BYTES) {
                throw new BrokenFileException(
                        file,
                        "byte " + bytes + ": the file ends here, its length must be a multiple of " + RECORD
                                + " from 1 to 60000 times; it is truncated or no CIFAR-10 batch, get it again");
            }
            return (int) (bytes / RECORD);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static byte[] readFile(Path file, int records) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            if (bytes.length != records * RECORD) {
                throw new BrokenFileException(file, "its length changed while it was read; try again");
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static byte checkLabel(Path file, byte[] bytes, int at, int classes) {
        if ((bytes[at] & 0xff) >= classes) {
            throw new BrokenFileException(
                    file,
                    "byte " + at + ": label " + (bytes[at] & 0xff) + " is outside the classes 0 to " + (classes - 1)
                            + "; it is damaged or no CIFAR-10 batch, get it again");
        }
        return bytes[at];
    }

    /** A line each, as the archive has them; the usual ones where the file is missing. */
    private static List<String> classNames(Path file) {
        if (!Files.isRegularFile(file)) {
            return CLASS_NAMES;
        }
        List<String> names;
        try {
            names = Files.readAllLines(file).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
        }
        if (names.size() != CLASS_NAMES.size()) {
            throw new BrokenFileException(
                    file,
                    "it has " + names.size() + " lines with class names, CIFAR-10 has " + CLASS_NAMES.size()
                            + " classes; get it again, or delete it for the usual names");
        }
        return names;
    }

    /** From three planes to pixels of three bytes. */
    private static void interleave(byte[] planes, int from, byte[] pixels, int to) {
        for (int p = 0; p < PLANE; p++) {
            pixels[to + 3 * p] = planes[from + p];
            pixels[to + 3 * p + 1] = planes[from + PLANE + p];
            pixels[to + 3 * p + 2] = planes[from + 2 * PLANE + p];
        }
    }
}
