package dev.tandem.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * What Tandem's own files carry in their metadata so that an altered byte is found: the CRC-32C (Castagnoli; hardware has
 * an instruction for it) of every tensor's name, type, shape and data, and of the metadata. It depends on the contents, not
 * on how the file lays them out: a program that rewrites the same tensors with the same metadata keeps it valid.
 *
 * <p>Two entries, each of which demands the other, so that a flipped bit in one's name is found as well.
 */
final class ContentChecksum {
    static final String FORMAT_KEY = "tandem.format";
    static final String CHECKSUM_KEY = "tandem.checksum";
    static final String FORMAT = "1";

    private final TreeMap<String, String> lines = new TreeMap<>();

    private ContentChecksum() {}

    /** Of {@code tensors} and of {@code metadata}, which is without the two entries; for example {@code crc32c:1f2e3d4c}. */
    static String of(Map<String, HostTensor> tensors, Map<String, String> metadata) throws IOException {
        ContentChecksum checksum = new ContentChecksum();
        for (Map.Entry<String, HostTensor> entry : tensors.entrySet()) {
            checksum.addTensor(
                    entry.getKey(), entry.getValue(), crc(entry.getValue().data()));
        }
        metadata.forEach(checksum::addMetadata);
        return checksum.value();
    }

    private void addTensor(String name, HostTensor tensor, long crc) {
        lines.put("tensor " + name, StoredType.of(tensor.dtype()).name() + tensor.shape() + " " + crc);
    }

    private void addMetadata(String key, String text) {
        lines.put("metadata " + key, text);
    }

    private String value() {
        CRC32C crc = new CRC32C();
        lines.forEach((key, value) -> {
            crc.update(lengthAndText(key));
            crc.update(lengthAndText(value));
        });
        return String.format("crc32c:%08x", crc.getValue());
    }

    /** The length in front keeps "ab" + "c" apart from "a" + "bc". */
    private static byte[] lengthAndText(String text) {
        return (text.length() + ":" + text).getBytes(StandardCharsets.UTF_8);
    }

    private static long crc(MemorySegment data) throws IOException {
        CRC32C crc = new CRC32C();
        ByteChunks.forEach(data, crc::update);
        return crc.getValue();
    }
}
