package dev.tandem.io;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A zip file with weights in it. That its entries are hardly compressed and do not overlap is required, so that no small file can
 * unpack to a large one.
 */
final class WeightsArchive implements AutoCloseable {
    /** Weights do not shrink to a half; small ones beside them shrink more. */
    private static final int MOST_SHRUNK = 16;

    private static final int ALWAYS_ALLOWED = 1 << 16;

    private final String file;
    private final ZipFile zip;

    private WeightsArchive(String file, ZipFile zip) {
        this.file = file;
        this.zip = zip;
    }

    static WeightsArchive open(Path path) throws IOException {
        ZipFile zip = new ZipFile(path.toFile());
        try {
            check(path.toString(), zip, Files.size(path));
            return new WeightsArchive(path.toString(), zip);
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    private static void check(String file, ZipFile zip, long fileBytes) {
        long left = fileBytes;
        for (ZipEntry entry : Collections.list(zip.entries())) {
            long packed = entry.getCompressedSize();
            boolean stored = entry.getMethod() == ZipEntry.STORED;
            if (packed < 0 || packed > left || entry.getSize() < 0 || (stored && entry.getSize() != packed)) {
                throw new BrokenFileException(
                        file,
                        "entry " + entry.getName() + ": its size of " + entry.getSize()
                                + " bytes cannot be, the entries before leave " + left + " of the file; it is damaged");
            }
            left -= packed;
        }
    }

    /** In the file's order. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        zip.stream().forEach(entry -> names.add(entry.getName()));
        return names;
    }

    boolean has(String name) {
        return zip.getEntry(name) != null;
    }

    /** An entry's bytes, checked against its checksum. */
    MemorySegment read(String name) throws IOException {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) {
            throw new BrokenFileException(file, "entry " + name + ": it is missing; the file is damaged");
        }
        if (entry.getSize() > MOST_SHRUNK * entry.getCompressedSize() + ALWAYS_ALLOWED) {
            throw new BrokenFileException(
                    file,
                    "entry " + name + ": it is compressed from " + entry.getSize() + " bytes to "
                            + entry.getCompressedSize()
                            + ", as no weights can be; it is damaged or meant to fill memory");
        }
        MemorySegment bytes = Arena.ofAuto().allocate(entry.getSize(), Long.BYTES);
        CRC32 crc = new CRC32();
        long position = 0;
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
                if (count > bytes.byteSize() - position) {
                    position = -1; // more than it says
                    break;
                }
                crc.update(buffer, 0, count);
                MemorySegment.copy(MemorySegment.ofArray(buffer), 0, bytes, position, count);
                position += count;
            }
        }
        if (position != entry.getSize() || crc.getValue() != entry.getCrc()) {
            throw new BrokenFileException(
                    file, "entry " + name + ": its bytes do not give the checksum that the file says; it is damaged");
        }
        return bytes;
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
