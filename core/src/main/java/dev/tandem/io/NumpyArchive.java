package dev.tandem.io;

import dev.tandem.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * NumPy's arrays by name, as {@code numpy.savez} writes them ({@code .npz}): a zip file with an entry {@code NAME.npy} for each
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 */
final class NumpyArchive {
    private static final String END = ".npy";
    private static final int PREAMBLE = 8; // magic number and version
    private static final Pattern HEADER = Pattern.compile(
            "\\{'descr': '([<>|=])(\\w{2,3})', 'fortran_order': (True|False), 'shape': \\(([\\d, ]*)\\),? *\\}\\s*");
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private NumpyArchive() {}

    static WeightsFile read(Path path, WeightsArchive archive) throws IOException {
        List<WeightsFile.Entry> entries = new ArrayList<>();
        for (String name : archive.names()) {
            if (name.endsWith(END)) {
                entries.add(entry(path.toString(), name, archive.read(name)));
            }
        }
        if (entries.isEmpty()) {
            throw new BrokenFileException(
                    path.toString(),
                    "it is a zip file without data.pkl and without .npy files, so neither torch.save nor numpy.savez"
                            + " wrote it; unpack it, if there are weights in it");
        }
        return new WeightsFile(path, Map.of(), entries, List.of());
    }

    private static WeightsFile.Entry entry(String file, String entry, MemorySegment bytes) {
        String name = entry.substring(0, entry.length() - END.length());
        long headerAt = headerAt(file, entry, bytes);
        long headerBytes = headerAt == PREAMBLE + 2
                ? Short.toUnsignedInt(bytes.get(SHORT, PREAMBLE))
                : Integer.toUnsignedLong(bytes.get(INT, PREAMBLE));
        if (headerBytes > bytes.byteSize() - headerAt || headerBytes > 1 << 16) {
            throw new BrokenFileException(file, "entry " + entry + ": its header is damaged");
        }
        String text = new String(
                bytes.asSlice(headerAt, headerBytes).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
        Matcher header = HEADER.matcher(text);
        if (!header.matches()) {
            return WeightsFile.Entry.unreadable(name, 0, file, "it is an array of objects or records: " + text.strip());
        }
        StoredType type = NumpyArrays.stored(header.group(2));
        if (type == null || (header.group(1).equals(">") && type.bytes() > 1)) {
            return WeightsFile.Entry.unreadable(
                    name, 0, file, "it is an array of " + header.group(1) + header.group(2) + "; save it as float32");
        }
        try {
            long[] sizes = Arrays.stream(header.group(4).split(","))
                    .map(String::strip)
                    .filter(size -> !size.isEmpty())
                    .mapToLong(Long::parseLong)
                    .toArray();
            TorchTensors.View view = NumpyArrays.view(
                    bytes.asSlice(headerAt + headerBytes),
                    type,
                    sizes,
                    header.group(3).equals("True"));
            DType dtype = type.dtype();
            return new WeightsFile.Entry(
                    name, 0, view.shape(), dtype, () -> view.read(view.storage().contents()));
        } catch (IllegalArgumentException e) { // the number is too long, or the array is not in its bytes
            throw new BrokenFileException(file, "entry " + entry + ": " + e.getMessage());
        }
    }

    private static long headerAt(String file, String entry, MemorySegment bytes) {
        boolean array = bytes.byteSize() >= PREAMBLE + 4
                && bytes.get(ValueLayout.JAVA_BYTE, 0) == (byte) 0x93
                && new String(bytes.asSlice(1, 5).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1)
                        .equals("NUMPY");
        if (!array) {
            throw new BrokenFileException(file, "entry " + entry + ": it is no array of NumPy's; it is damaged");
        }
        return PREAMBLE + (bytes.get(ValueLayout.JAVA_BYTE, 6) == 1 ? 2 : 4);
    }
}
