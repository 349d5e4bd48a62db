package dev.tandem.data;

import dev.tandem.io.BrokenFileException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** Reads MNIST's IDX format (http://yann.lecun.com/exdb/mnist/), plain or gzipped: a file of images and one of labels. */
final class IdxDataset {
    private static final int IMAGES_MAGIC = 0x803; // unsigned bytes, 3 axes
    private static final int LABELS_MAGIC = 0x801; // unsigned bytes, 1 axis
    private static final int BUFFER = 1 << 16;

    private IdxDataset() {}

    /** Where bytes come from: a file, or a resource that ships. */
    interface Source {
        InputStream open() throws IOException;
    }

    static InMemoryDataset read(
            String name, List<String> classNames, String imagesName, Source images, String labelsName, Source labels) {
        byte[] labelBytes = readFile(labelsName, labels, LABELS_MAGIC, 1).data;
        File pixels = readFile(imagesName, images, IMAGES_MAGIC, 3);
        if (pixels.sizes[0] != labelBytes.length) {
            throw new BrokenFileException(
                    imagesName,
                    "byte 4: it has " + pixels.sizes[0] + " images, " + labelsName + " has " + labelBytes.length
                            + " labels; the two must belong together");
        }
        if (pixels.sizes[0] == 0) {
            throw new BrokenFileException(imagesName, "byte 4: it has no images");
        }
        for (int i = 0; i < labelBytes.length; i++) {
            if ((labelBytes[i] & 0xff) >= classNames.size()) {
                throw new BrokenFileException(
                        labelsName,
                        "byte " + (8 + i) + ": label " + (labelBytes[i] & 0xff) + " is outside the classes 0 to "
                                + (classNames.size() - 1));
            }
        }
        return new InMemoryDataset(name, 1, pixels.sizes[1], pixels.sizes[2], classNames, labelBytes, pixels.data);
    }

    private record File(int[] sizes, byte[] data) {}

    private static File readFile(String name, Source source, int magic, int axes) {
        try (InputStream in = unpack(name, source.open())) {
            int found = readInt(name, in, 0);
            if (found != magic) {
                throw new BrokenFileException(
                        name,
                        "byte 0: the magic number is 0x" + Integer.toHexString(found) + ", an IDX file of "
                                + (axes == 3 ? "images" : "labels") + " starts with 0x" + Integer.toHexString(magic));
            }
            int[] sizes = new int[axes];
            long total = 1;
            for (int axis = 0; axis < axes; axis++) {
                sizes[axis] = readInt(name, in, 4 + 4L * axis);
                if (sizes[axis] < 0 || (total *= sizes[axis]) > Integer.MAX_VALUE - 64) {
                    throw new BrokenFileException(
                            name,
                            "byte " + (4 + 4 * axis) + ": size " + sizes[axis] + " of axis " + axis
                                    + " makes no sense");
                }
            }
            byte[] data = readExactly(name, in, (int) total, 4 + 4L * axes);
            if (in.read() >= 0) {
                throw new BrokenFileException(
                        name, "byte " + (4 + 4L * axes + total) + ": there is more than the sizes in its header tell");
            }
            return new File(sizes, data);
        } catch (EOFException e) {
            throw new BrokenFileException(name, "its gzip stream ends too early; it is truncated");
        } catch (java.util.zip.ZipException e) {
            throw new BrokenFileException(name, "its gzip stream is damaged: " + e.getMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static InputStream unpack(String name, InputStream raw) throws IOException {
        return name.endsWith(".gz") ? new GZIPInputStream(raw, BUFFER) : new java.io.BufferedInputStream(raw, BUFFER);
    }

    private static int readInt(String name, InputStream in, long offset) throws IOException {
        return ByteBuffer.wrap(readExactly(name, in, 4, offset)).getInt();
    }

    /** In pieces, so that a header that lies about sizes allocates no more than the file holds. */
    private static byte[] readExactly(String name, InputStream in, int count, long offset) throws IOException {
        byte[] data = in.readNBytes(count);
        if (data.length < count) {
            throw new BrokenFileException(
                    name,
                    "byte " + (offset + data.length) + ": the file ends, " + (count - data.length)
                            + " more bytes were expected; it is truncated");
        }
        return data;
    }

    /** The images and labels of one split in a folder, by the names that MNIST and Fashion-MNIST use. */
    static Optional<InMemoryDataset> find(Path folder, Split split, String name, List<String> classNames) {
        String stem = split == Split.TRAIN ? "train" : "t10k";
        Optional<Path> images = first(folder, stem + "-images-idx3-ubyte", stem + "-images.idx3-ubyte");
        Optional<Path> labels = first(folder, stem + "-labels-idx1-ubyte", stem + "-labels.idx1-ubyte");
        if (images.isEmpty() || labels.isEmpty()) {
            return Optional.empty();
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
