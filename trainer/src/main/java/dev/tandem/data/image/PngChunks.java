package dev.tandem.data.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The chunks of a PNG file that its pixels are made of (https://www.w3.org/TR/png-3/#5Chunk-layout). The others are left out,
 * since javax.imageio refuses a photo for a comment that is damaged.
 */
final class PngChunks {
    private static final int SIGNATURE = 8;
    private static final int AROUND = 12; // length, kind and checksum of a chunk
    private static final int DEPTH = SIGNATURE + 8 + 8;
    private static final int PALETTE = 3; // kind of colours
    private static final byte[] END = {0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xae, 0x42, 0x60, (byte) 0x82};

    private PngChunks() {}

    /**
     * The file with nothing else in it, and with an end where that is missing.
     *
     * @throws IOException if a chunk that pixels need is truncated or damaged
     */
    static byte[] essential(byte[] file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(file);
        ByteArrayOutputStream out = new ByteArrayOutputStream(file.length);
        ByteArrayOutputStream doubtful = new ByteArrayOutputStream();
        boolean doubt = false;
        out.write(file, 0, SIGNATURE);
        int colours = file.length > DEPTH + 1 ? file[DEPTH + 1] : -1;
        for (int at = SIGNATURE; file.length - at >= 8; ) {
            int length = in.getInt(at);
            String kind = new String(file, at + 4, 4, StandardCharsets.ISO_8859_1);
            boolean critical = (file[at + 4] & 0x20) == 0;
            boolean whole = length >= 0 && length <= file.length - at - 8;
            if (kind.equals("IEND") || (!whole && !critical)) {
                break; // nothing that is behind it can be found
            }
            if (!whole) {
                throw new IOException("byte " + at + ": the file ends within its chunk " + kind);
            }
            boolean pixels = kind.equals("IDAT");
            boolean intact = isIntact(in, at, length);
            if (critical && !pixels && !intact && isNeeded(kind, length, colours)) {
                throw new IOException("byte " + at + ": the checksum of its chunk " + kind + " is wrong");
            }
            if (isNeeded(kind, length, colours) && (intact || pixels)) {
                out.write(file, at, Math.min(length + AROUND, file.length - at));
                out.write(END, 0, Math.max(0, at + length + AROUND - file.length)); // any checksum will do
            }
            if (pixels) {
                doubt |= !intact;
                doubtful.write(file, at + 8, length);
            }
            at += (int) Math.min(file.length - at, length + (long) AROUND);
        }
        if (doubt) {
            requireWhole(doubtful.toByteArray());
        }
        out.writeBytes(END);
        return out.toByteArray();
    }

    /** By its checksum; where the file ends before that, the pixels' own tells. */
    private static boolean isIntact(ByteBuffer file, int at, int length) {
        if (file.limit() - at < length + AROUND) {
            return true;
        }
        CRC32 sum = new CRC32();
        sum.update(file.array(), at + 4, length + 4);
        return (int) sum.getValue() == file.getInt(at + 8 + length);
    }

    /** Compressed pixels have a checksum of their own: if only the chunk's is wrong, nothing is lost. */
    private static void requireWhole(byte[] compressed) throws IOException {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(compressed);
            byte[] some = new byte[1 << 16];
            while (!inflater.finished()) {
                if (inflater.inflate(some) == 0 && !inflater.finished()) {
                    throw new IOException("its pixels end too early");
                }
            }
        } catch (DataFormatException e) {
            throw new IOException("its pixels are damaged: " + e.getMessage());
        } finally {
            inflater.end();
        }
    }

    /** A palette says something only where pixels are places in it, and transparency has a length for each kind of colours. */
    private static boolean isNeeded(String kind, int length, int colours) {
        switch (kind) {
            case "IHDR":
            case "IDAT":
                return true;
            case "PLTE":
                return colours == PALETTE;
            case "tRNS":
                return colours == PALETTE
                        ? length > 0 && length <= 256
                        : length == (colours == 0 ? 2 : colours == 2 ? 6 : -1);
            default:
                return false;
        }
    }
}
