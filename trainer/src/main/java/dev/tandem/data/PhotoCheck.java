package dev.tandem.data;

import dev.tandem.data.image.ImageException;
import dev.tandem.data.image.ImageFormat;
import dev.tandem.data.image.Picture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A look at a photo's first and last bytes, for some hundredths of what decoding takes. Where they are not those of a whole file,
 * it is decoded, since some programs write more behind a file's end.
 */
final class PhotoCheck {
    private static final int END = 12; // bytes of PNG's last chunk

    private PhotoCheck() {}

    /** @throws ImageException if it cannot be read */
    static void check(Path photo) {
        if (!looksWhole(photo)) {
            Picture.read(photo);
        }
    }

    private static boolean looksWhole(Path photo) {
        try (SeekableByteChannel file = Files.newByteChannel(photo)) {
            long size = file.size();
            byte[] start = read(file, 0, ImageFormat.TELLING_BYTES);
            byte[] end = read(file, Math.max(0, size - END), END);
            Optional<ImageFormat> format = ImageFormat.of(start);
            return format.isPresent() && format.get().isRead() && isWhole(format.get(), start, end, size);
        } catch (IOException e) {
            return false;
        }
    }

    private static byte[] read(SeekableByteChannel file, long from, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(count, file.size() - from));
        file.position(from);
        while (bytes.hasRemaining() && file.read(bytes) >= 0) {}
        return bytes.array();
    }

    private static boolean isWhole(ImageFormat format, byte[] start, byte[] end, long size) {
        int last = end.length - 1;
        switch (format) {
            case JPEG:
                return end[last - 1] == (byte) 0xff && end[last] == (byte) 0xd9;
            case PNG:
                return size > END && end[4] == 'I' && end[5] == 'E' && end[6] == 'N' && end[7] == 'D';
            case GIF:
                return end[last] == ';';
            case WEBP:
                return size >= 8 + littleEndian(start, 4);
            case BMP:
                return size >= littleEndian(start, 2);
            default: // TIFF's parts may lie anywhere
                return true;
        }
    }

    private static long littleEndian(byte[] bytes, int from) {
        return (bytes[from] & 0xff)
                | (bytes[from + 1] & 0xff) << 8
                | (bytes[from + 2] & 0xff) << 16
                | (bytes[from + 3] & 0xffL) << 24;
    }
}
