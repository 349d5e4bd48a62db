package dev.tandem.cli;

import dev.tandem.data.Datasets;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.Split;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** The first images of MNIST in a folder of their own, as IDX files. */
final class SmallMnist {
    private SmallMnist() {}

    /** Returns the folder. */
    static Path write(Path folder, int train, int test) {
        try {
            Files.createDirectories(folder);
            write(folder, "train", Datasets.mnist(Split.TRAIN), train);
            write(folder, "t10k", Datasets.mnist(Split.TEST), test);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path folder, String stem, ImageDataset images, int count) throws IOException {
        byte[] pixels = new byte[count * images.imageBytes()];
        byte[] labels = new byte[count];
        for (int i = 0; i < count; i++) {
            images.copyPixels(i, MemorySegment.ofArray(pixels), (long) i * images.imageBytes());
            labels[i] = (byte) images.label(i);
        }
        write(folder.resolve(stem + "-images-idx3-ubyte"), pixels, 0x803, count, images.height(), images.width());
        write(folder.resolve(stem + "-labels-idx1-ubyte"), labels, 0x801, count);
    }

    private static void write(Path file, byte[] data, int... header) throws IOException {
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
            for (int number : header) {
                out.writeInt(number);
            }
            out.write(data);
        }
    }
}
