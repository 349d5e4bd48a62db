package dev.tandem.data.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The segments of a JPEG file (ITU-T T.81, B.1) that its pixels are made of. What else programs put into it is left out, since
 * javax.imageio refuses a photo for a colour profile or a thumbnail that is damaged. What its numbers mean (YCbCr, RGB, CMYK) is
 * found out as libjpeg does, on which PyTorch's Pillow and browsers stand, and said in a header that is made new.
 */
final class JpegSegments {
    private static final int START_OF_SCAN = 0xda;
    private static final int END = 0xd9;
    private static final int COMMENT = 0xfe;
    private static final int HEADER = 0xe0; // APP0, JFIF's
    private static final int PROFILE = 0xe2; // APP2, ICC's
    private static final int ADOBE = 0xee; // APP14
    private static final byte[] JFIF = {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};
    private static final byte[] RGB = {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0};
    private static final byte[] YCCK = {'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 2};
    private static final int TRANSFORM = 11; // where Adobe's segment says what the numbers mean; 0: as they are

    private final ByteArrayOutputStream tables = new ByteArrayOutputStream();
    private final ByteArrayOutputStream profile = new ByteArrayOutputStream();
    private boolean jfif;
    private byte[] adobe; // null if there is none
    private int components;
    private boolean namedRgb;

    private JpegSegments() {}

    /**
     * The file with nothing else in it, and with an end, which some lack.
     *
     * @param withProfile whether its colour profile is kept
     * @throws IOException if the file ends before its pixels begin
     */
    static byte[] essential(byte[] file, boolean withProfile) throws IOException {
        JpegSegments segments = new JpegSegments();
        int pixels = segments.take(file);
        ByteArrayOutputStream out = new ByteArrayOutputStream(file.length);
        out.write(file, 0, 2);
        segments.writeMeaning(out);
        if (withProfile && segments.components == 3) {
            segments.profile.writeTo(out);
        }
        segments.tables.writeTo(out);
        out.write(file, pixels, file.length - pixels);
        if (lacksEnd(file, pixels)) {
            out.write(0xff);
            out.write(END);
        }
        return out.toByteArray();
    }

    /** Whether its last marker is missing, as where a transfer broke off. The pixels may be whole all the same. */
    static boolean lacksEnd(byte[] file) throws IOException {
        return lacksEnd(file, new JpegSegments().take(file));
    }

    /** In coded pixels a byte FF is followed by 00 or a restart's number. */
    private static boolean lacksEnd(byte[] file, int pixels) {
        for (int at = file.length - 2; at >= pixels; at--) {
            if (file[at] == (byte) 0xff && file[at + 1] == (byte) END) {
                return false;
            }
        }
        return true;
    }

    /** Returns where the first scan begins. */
    private int take(byte[] file) throws IOException {
        int at = 2;
        while (true) {
            while (at < file.length - 1 && !isMarker(file, at)) { // fill bytes, or junk behind a wrong length
                at++;
            }
            int marker = at < file.length - 3 ? file[at + 1] & 0xff : -1;
            if (marker < 0) {
                throw new IOException("byte " + file.length + ": the file ends before its pixels begin");
            }
            if (marker == START_OF_SCAN) {
                return at;
            }
            int length = (file[at + 2] & 0xff) << 8 | file[at + 3] & 0xff;
            int end = Math.min(file.length, at + 2 + length);
            take(marker, file, at, Arrays.copyOfRange(file, Math.min(at + 4, end), end));
            at = end;
        }
    }

    /** One that a segment follows; 01 and D0 to D9 stand alone. */
    private static boolean isMarker(byte[] file, int at) {
        int second = file[at + 1] & 0xff;
        return file[at] == (byte) 0xff && second > 1 && second != 0xff && (second < 0xd0 || second > 0xd9);
    }

    private void take(int marker, byte[] file, int at, byte[] body) {
        if (marker == HEADER) {
            jfif |= body.length >= JFIF.length && begins(body, "JFIF\0");
        } else if (marker == ADOBE) {
            adobe = body.length >= RGB.length && begins(body, "Adobe") ? Arrays.copyOf(body, RGB.length) : adobe;
        } else if (marker == PROFILE && begins(body, "ICC_PROFILE\0")) {
            write(profile, marker, body);
        } else if ((marker & 0xf0) != 0xe0 && marker != COMMENT) {
            if (isFrame(marker) && body.length > 5) {
                components = body[5];
                namedRgb = components == 3 && body.length >= 15 && body[6] == 'R' && body[9] == 'G' && body[12] == 'B';
            }
            tables.write(file, at, Math.min(file.length - at, body.length + 4));
        }
    }

    /** SOF0 to SOF15 but for the tables and the reserved one among them. */
    private static boolean isFrame(int marker) {
        return (marker & 0xf0) == 0xc0 && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    private void writeMeaning(ByteArrayOutputStream out) {
        boolean plain = adobe != null && adobe[TRANSFORM] == 0;
        if (components == 4) {
            if (adobe != null) {
                write(out, ADOBE, plain ? RGB : YCCK);
            }
        } else if (components == 3 && !jfif && (adobe == null ? namedRgb : plain)) {
            write(out, ADOBE, RGB);
        } else {
            write(out, HEADER, JFIF);
        }
    }

    private static void write(ByteArrayOutputStream out, int marker, byte[] body) {
        int length = body.length + 2;
        out.writeBytes(new byte[] {(byte) 0xff, (byte) marker, (byte) (length >> 8), (byte) length});
        out.writeBytes(body);
    }

    private static boolean begins(byte[] body, String with) {
        byte[] wanted = with.getBytes(StandardCharsets.ISO_8859_1);
        return body.length >= wanted.length && Arrays.equals(body, 0, wanted.length, wanted, 0, wanted.length);
    }
}
