package dev.tandem.data;

import dev.tandem.io.BrokenFileException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * One file in MNIST's IDX format (http://yann.lecun.com/exdb/mnist/), plain or gzipped: a magic number, the axes' sizes, all
 * big-endian integers of four bytes, and unsigned bytes. Offsets in messages count unpacked bytes.
 *
 * @param name a path or a resource's name; gzipped if it ends so
 */
record IdxFile(String name, int[] sizes, byte[] data) {
    private static final int UNSIGNED_BYTES = 0x800; // and the number of axes in the last byte
    private static final int BUFFER = 1 << 16;
    /** Up to here a header is believed; beyond, memory grows as bytes come, so that one that lies allocates nothing. */
    private static final int TRUSTED_BYTES = 1 << 26;

    /** Where bytes come from: a file, or a resource that ships. */
    @FunctionalInterface
    interface Source {
        InputStream open() throws IOException;
    }

    /**
     * @param axes 3 for images, 1 for labels
     * @throws BrokenFileException if it is damaged or no such file
     */
    static IdxFile read(String name, Source source, int axes) {
        try (InputStream raw = source.open();
                InputStream in = name.endsWith(".gz")
                        ? new GZIPInputStream(raw, BUFFER)
                        : new BufferedInputStream(raw, BUFFER)) {
            checkMagic(name, readInt(name, in, 0), axes);
            int[] sizes = new int[axes];
            for (int axis = 0; axis < axes; axis++) {
                sizes[axis] = readInt(name, in, dataOffset(axis));
            }
            byte[] data = readExactly(name, in, elements(name, sizes), dataOffset(axes));
            if (in.read() >= 0) {
                throw new BrokenFileException(
                        name,
                        "byte " + (dataOffset(axes) + data.length) + ": the file goes on, the sizes in its header "
                                + Arrays.toString(sizes) + " end here; it is damaged, get it again");
            }
            return new IdxFile(name, sizes, data);
        } catch (EOFException e) {
            throw new BrokenFileException(name, "its gzip stream ends too early; it is truncated, get it again", e);
        } catch (ZipException e) {
            throw new BrokenFileException(
                    name, "its gzip stream is damaged (" + e.getMessage() + "); get it again, or unpacked", e);
        } catch (IOException e) {
            throw new UncheckedIOException(name + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** Where the data starts behind a header of so many axes. */
    static int dataOffset(int axes) {
        return 4 + 4 * axes;
    }

    private static void checkMagic(String name, int magic, int axes) {
        if (magic != UNSIGNED_BYTES + axes) {
            throw new BrokenFileException(
                    name,
                    String.format(
                            "byte 0: the magic number is 0x%08x, an IDX file of %s starts with 0x%08x; it is another"
                                    + " kind of file, check its name",
                            magic, axes == 3 ? "images" : "labels", UNSIGNED_BYTES + axes));
        }
    }

    private static int elements(String name, int[] sizes) {
        long elements = 1;
        for (int axis = 0; axis < sizes.length; axis++) {
            elements *= sizes[axis];
            if (sizes[axis] < 0 || elements > Integer.MAX_VALUE - 8) {
                throw new BrokenFileException(
                        name,
                        "byte " + dataOffset(axis) + ": the sizes in its header " + Arrays.toString(sizes)
                                + " are negative or more than 2 GiB; it is damaged, get it again");
            }
        }
        return (int) elements;
    }

    private static int readInt(String name, InputStream in, long offset) throws IOException {
        return ByteBuffer.wrap(readExactly(name, in, 4, offset)).getInt();
    }

    private static byte[] readExactly(String name, InputStream in, int count, long offset) throws IOException {
        byte[] data;
        int read;
        if (count <= TRUSTED_BYTES) {
            data = new byte[count];
            read = in.readNBytes(data, 0, count);
        } else {
            data = in.readNBytes(count);
            read = data.length;
        }
        if (read < count) {
            throw new BrokenFileException(
                    name,
                    "byte " + (offset + read) + ": the file ends, " + (count - read)
                            + " more bytes were expected; it is truncated, get it again");
        }
        return data;
    }
}
