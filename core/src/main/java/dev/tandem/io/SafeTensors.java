package dev.tandem.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The contents of a safetensors file, the format of weights and checkpoints: eight bytes with the header's length, a JSON
 * header, the tensors' bytes (https://huggingface.co/docs/safetensors). It runs no code, and everyone reads it.
 *
 * @param metadata the file's {@code __metadata__}, without the checksum entries; unmodifiable, in the file's order
 * @param tensors by name; unmodifiable, in the header's order
 */
public record SafeTensors(Map<String, String> metadata, Map<String, HostTensor> tensors) {
    /** As in the reference implementation, so that a damaged length allocates no gigabytes. */
    static final int MAX_HEADER_BYTES = 100_000_000;

    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Whether to compare the contents with the checksum, where the file carries one: that reads every byte. */
    public enum Integrity {
        VERIFY,
        SKIP
    }

    public SafeTensors {
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }

    /** Reads and verifies; the file stays mapped as long as someone refers to one of its tensors. */
    public static SafeTensors read(Path file) {
        return read(file, Arena.ofAuto(), Integrity.VERIFY);
    }

    /**
     * Maps a file into memory; the tensors are read-only and live as long as {@code arena}. Nothing is copied but tensors of
     * types that devices have not: 64-bit real numbers are rounded to FLOAT32, short integers widened.
     *
     * @throws BrokenFileException if the file is not a whole, unaltered safetensors file, or holds a type that Tandem has
     *     not; naming the file, the place and the fault
     * @throws UncheckedIOException if it cannot be read at all
     */
    public static SafeTensors read(Path file, Arena arena, Integrity integrity) {
        try (FileChannel channel = FileChannel.open(file)) {
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return parse(file.toString(), all, integrity);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** Said in words where the exception's message is only the path. */
    static UncheckedIOException unreadable(Path file, IOException cause) {
        String reason = Files.notExists(file)
                ? "there is no such file"
                : Files.isDirectory(file) ? "it is a folder" : String.valueOf(cause.getMessage());
        return new UncheckedIOException(file + ": cannot be read: " + reason, cause);
    }

    /** @param all the whole file */
    static SafeTensors parse(String file, MemorySegment all, Integrity integrity) throws IOException {
        if (all.byteSize() < Long.BYTES) {
            throw new BrokenFileException(
                    file,
                    "byte " + all.byteSize() + ": the file ends inside its header's length; it is truncated or no"
                            + " safetensors file");
        }
        long headerBytes = all.get(LENGTH, 0);
        long available = all.byteSize() - Long.BYTES;
        if (headerBytes < 0 || headerBytes > Math.min(available, MAX_HEADER_BYTES)) {
            throw new BrokenFileException(
                    file,
                    "byte 0: the header's length is " + Long.toUnsignedString(headerBytes) + ", the file has "
                            + available + " bytes behind it and " + MAX_HEADER_BYTES
                            + " are allowed; it is truncated or no safetensors file");
        }
        byte[] json = all.asSlice(Long.BYTES, headerBytes).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment data = all.asSlice(Long.BYTES + headerBytes);
        SafeTensorsHeader header = SafeTensorsHeader.parse(file, json, data.byteSize());
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        header.tensors()
                .forEach((name, entry) -> tensors.put(
                        name,
                        entry.type().tensor(entry.shape(), data.asSlice(entry.begin(), entry.end() - entry.begin()))));
        Map<String, String> metadata = new LinkedHashMap<>(header.metadata());
        String format = metadata.remove(ContentChecksum.FORMAT_KEY);
        String checksum = metadata.remove(ContentChecksum.CHECKSUM_KEY);
        if (integrity == Integrity.VERIFY && (format != null || checksum != null)) {
            verify(file, tensors, metadata, format, checksum);
        }
        return new SafeTensors(metadata, tensors);
    }

    private static void verify(
            String file, Map<String, HostTensor> tensors, Map<String, String> metadata, String format, String checksum)
            throws IOException {
        if (!ContentChecksum.FORMAT.equals(format) || checksum == null) {
            throw new BrokenFileException(
                    file,
                    "__metadata__ '" + ContentChecksum.FORMAT_KEY + "' is " + format + " and '"
                            + ContentChecksum.CHECKSUM_KEY + "' is " + checksum + "; the header is damaged, or a newer"
                            + " Tandem wrote the file");
        }
        String actual = ContentChecksum.of(tensors, metadata);
        if (!actual.equals(checksum)) {
            throw new BrokenFileException(
                    file,
                    "the contents have the checksum " + actual + ", " + ContentChecksum.CHECKSUM_KEY + " says "
                            + checksum + "; the file was altered after it was written");
        }
    }

    /**
     * Writes a file, with a checksum; whatever fails, a file that had the name is as it was ({@link AtomicFile}). The same
     * arguments give the same bytes.
     *
     * @throws IllegalArgumentException if a name is reserved, or not valid Unicode
     * @throws UncheckedIOException if the file cannot be written; naming it and the reason
     */
    public static void write(Path file, Map<String, HostTensor> tensors, Map<String, String> metadata) {
        checkNames(tensors, metadata);
        List<String> dataOrder = new ArrayList<>(tensors.keySet());
        // Wide elements first: every tensor then starts at a multiple of its element's size, as some readers need.
        dataOrder.sort(
                Comparator.comparingInt(name -> -tensors.get(name).dtype().bytes()));
        Map<String, SafeTensorsHeader.Entry> entries = new LinkedHashMap<>();
        tensors.keySet().forEach(name -> entries.put(name, null)); // the header keeps the caller's order
        long end = 0;
        for (String name : dataOrder) {
            HostTensor tensor = tensors.get(name);
            long begin = end;
            end = Math.addExact(begin, tensor.data().byteSize());
            entries.put(name, new SafeTensorsHeader.Entry(StoredType.of(tensor.dtype()), tensor.shape(), begin, end));
        }
        AtomicFile.write(file, channel -> {
            Map<String, String> allMetadata = new LinkedHashMap<>(metadata);
            allMetadata.put(ContentChecksum.FORMAT_KEY, ContentChecksum.FORMAT);
            allMetadata.put(ContentChecksum.CHECKSUM_KEY, ContentChecksum.of(tensors, metadata));
            byte[] header = new SafeTensorsHeader(allMetadata, entries).toBytes();
            if (header.length > MAX_HEADER_BYTES) {
                throw new IOException("the names and metadata take " + header.length + " bytes, the format allows "
                        + MAX_HEADER_BYTES);
            }
            ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, length.putLong(header.length).flip());
            writeFully(channel, ByteBuffer.wrap(header));
            for (String name : dataOrder) {
                ByteChunks.forEach(tensors.get(name).data(), chunk -> writeFully(channel, chunk));
            }
        });
    }

    private static void checkNames(Map<String, HostTensor> tensors, Map<String, String> metadata) {
        if (tensors.containsKey(SafeTensorsHeader.METADATA)) {
            throw new IllegalArgumentException(
                    "a tensor cannot be named " + SafeTensorsHeader.METADATA + ": the format keeps that name");
        }
        for (String key : List.of(ContentChecksum.FORMAT_KEY, ContentChecksum.CHECKSUM_KEY)) {
            if (metadata.containsKey(key)) {
                throw new IllegalArgumentException("metadata cannot have the key " + key + ": the writer sets it");
            }
        }
        Stream.of(tensors.keySet(), metadata.keySet(), metadata.values())
                .flatMap(Collection::stream)
                .filter(text -> !StandardCharsets.UTF_8.newEncoder().canEncode(text))
                .findFirst()
                .ifPresent(text -> {
                    throw new IllegalArgumentException("'" + text + "' holds half a surrogate pair: not valid Unicode");
                });
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
