package dev.tandem.io;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The zip file that {@code torch.save} writes: a folder with {@code data.pkl} and the storages beside it, nothing compressed.
 * That nothing is compressed and nothing overlaps is required, so that no small file can unpack to a large one.
 */
final class TorchArchive implements AutoCloseable {
    private static final String PICKLE = "data.pkl";

    private final String file;
    private final ZipFile zip;
    private final String folder;

    private TorchArchive(String file, ZipFile zip, String folder) {
        this.file = file;
        this.zip = zip;
        this.folder = folder;
    }

    static TorchArchive open(Path path) throws IOException {
        ZipFile zip = new ZipFile(path.toFile());
        try {
            String folder = check(path.toString(), zip, Files.size(path));
            return new TorchArchive(path.toString(), zip, folder);
        } catch (IOException | RuntimeException e) {
            zip.close();
            throw e;
        }
    }

    /** Returns the folder that all lies in, with a slash behind; empty for none. */
    private static String check(String file, ZipFile zip, long fileBytes) {
        long left = fileBytes;
        String pickle = null;
        for (ZipEntry entry : Collections.list(zip.entries())) {
            String name = entry.getName();
            if (entry.getMethod() != ZipEntry.STORED) {
                throw new BrokenFileException(
                        file, "entry " + name + ": it is compressed, as torch.save never does; no PyTorch file");
            }
            if (entry.getSize() != entry.getCompressedSize() || entry.getSize() < 0 || entry.getSize() > left) {
                throw new BrokenFileException(
                        file,
                        "entry " + name + ": its size of " + entry.getSize()
                                + " bytes cannot be, the entries before leave " + left + " of the file; it is damaged");
            }
            left -= entry.getSize();
            if (name.endsWith("/constants.pkl")) {
                throw new BrokenFileException(
                        file, "it is a TorchScript program, not weights; save the network's state_dict() instead");
            }
            if (name.equals(PICKLE) || name.endsWith("/" + PICKLE)) {
                pickle = name;
            }
        }
        if (pickle == null) {
            throw new BrokenFileException(
                    file, "it is a zip file without " + PICKLE + ", so torch.save did not write it");
        }
        return pickle.substring(0, pickle.length() - PICKLE.length());
    }

    /** An entry's bytes, checked against its checksum. */
    MemorySegment read(String name) throws IOException {
        ZipEntry entry = zip.getEntry(folder + name);
        if (entry == null) {
            throw new BrokenFileException(file, "entry " + folder + name + ": it is missing; the file is damaged");
        }
        MemorySegment bytes = Arena.ofAuto().allocate(entry.getSize(), Long.BYTES);
        CRC32 crc = new CRC32();
        long position = 0;
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
                crc.update(buffer, 0, count);
                MemorySegment.copy(MemorySegment.ofArray(buffer), 0, bytes, position, count);
                position += count;
            }
        }
        if (position != entry.getSize() || crc.getValue() != entry.getCrc()) {
            throw new BrokenFileException(
                    file,
                    "entry " + entry.getName()
                            + ": its bytes do not give the checksum that the file says; it is damaged");
        }
        return bytes;
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
