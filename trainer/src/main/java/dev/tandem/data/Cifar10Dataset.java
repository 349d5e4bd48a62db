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
    private static final List<String> CLASSES =
            List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

    private Cifar10Dataset() {}

    /** The files of one split in a folder, or in the folder that the archive unpacks to. */
    static Optional<InMemoryDataset> find(Path folder, Split split) {
        for (Path place : List.of(folder, folder.resolve("cifar-10-batches-bin"))) {
            List<Path> files = names(split).stream().map(place::resolve).toList();
            if (Files.isRegularFile(files.get(0))) {
                return Optional.of(read(files));
            }
        }
        return Optional.empty();
    }

    private static List<String> names(Split split) {
        return split == Split.TEST
                ? List.of("test_batch.bin")
                : List.of(
                        "data_batch_1.bin",
                        "data_batch_2.bin",
                        "data_batch_3.bin",
                        "data_batch_4.bin",
                        "data_batch_5.bin");
    }

    private static InMemoryDataset read(List<Path> files) {
        List<byte[]> contents = files.stream().map(Cifar10Dataset::readFile).toList();
        int count = contents.stream().mapToInt(bytes -> bytes.length / RECORD).sum();
        byte[] labels = new byte[count];
        byte[] pixels = new byte[count * 3 * PLANE];
        int image = 0;
        for (byte[] bytes : contents) {
            for (int at = 0; at < bytes.length; at += RECORD) {
                labels[image] = bytes[at];
                interleave(bytes, at + 1, pixels, image * 3 * PLANE);
                image++;
            }
        }
        return new InMemoryDataset("CIFAR-10", 3, SIDE, SIDE, CLASSES, labels, pixels);
    }

    private static byte[] readFile(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            if (bytes.length == 0 || bytes.length % RECORD != 0) {
                throw new BrokenFileException(
                        file.toString(),
                        "byte " + bytes.length + ": the file ends inside a record; its length must be a multiple of "
                                + RECORD + "; it is truncated or no CIFAR-10 batch");
            }
            for (int at = 0; at < bytes.length; at += RECORD) {
                if ((bytes[at] & 0xff) >= CLASSES.size()) {
                    throw new BrokenFileException(
                            file.toString(),
                            "byte " + at + ": label " + (bytes[at] & 0xff) + " is outside the classes 0 to 9");
                }
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
        }
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
