package dev.tandem.data.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * The chunks of a WebP file that its pixels are made of (RFC 9649). Others, such as a colour profile that is damaged, are left
 * out: the reader refuses the photo for them.
 */
final class WebpChunks {
    private static final Set<String> LEFT_OUT = Set.of("ICCP", "EXIF", "XMP ");
    private static final int START = 12;
    private static final int FLAGS = 0x20 | 0x08 | 0x04; // of VP8X: those three are there

    private WebpChunks() {}

    /** @throws IOException if the file is shorter than it says: the reader would make up the rest */
    static void requireWhole(byte[] file) throws IOException {
        long length = 8 + (ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getInt(4) & 0xffffffffL);
        if (file.length < length) {
            throw new IOException("it has " + file.length + " of its " + length + " bytes");
        }
    }

    static byte[] essential(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        ByteArrayOutputStream out = new ByteArrayOutputStream(file.length);
        out.write(file, 0, START);
        for (int at = START; file.length - at >= 8; ) {
            String kind = new String(file, at, 4, StandardCharsets.ISO_8859_1);
            long length = 8 + (in.getInt(at + 4) & 0xffffffffL);
            int whole = (int) Math.min(file.length - at, length + length % 2);
            if (!LEFT_OUT.contains(kind)) {
                out.write(file, at, whole);
            }
            at += whole;
        }
        byte[] result = out.toByteArray();
        ByteBuffer.wrap(result).order(ByteOrder.LITTLE_ENDIAN).putInt(4, result.length - 8);
        if (result.length > START + 8 && result[START + 3] == 'X') {
            result[START + 8] &= (byte) ~FLAGS;
        }
        return result;
    }
}
