package dev.tandem.data.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** From the bytes of an image file to pixels, by javax.imageio. What is not pixels is no reason to refuse a photo. */
final class Decoder {
    private static final int LONGEST_SIDE = 65_535; // what JPEG can tell
    private static final long MOST_PIXELS = 1L << 28; // more than cameras have; 1 GiB once decoded

    private Decoder() {}

    /** @throws ImageException if it cannot be done, saying why */
    static BufferedImage decode(Path file, byte[] bytes) {
        ImageFormat format = format(file, bytes);
        try {
            return decode(file, format, bytes);
        } catch (IOException | RuntimeException e) {
            if (e instanceof ImageException failure) {
                throw failure;
            }
            throw new ImageException(
                    file,
                    "it cannot be read (" + reason(e) + "); it may be damaged, or of an uncommon kind:"
                            + " save it as RGB JPEG or PNG");
        }
    }

    private static String reason(Exception e) {
        if (e.getMessage() != null) {
            return e.getMessage();
        }
        return e instanceof EOFException ? "the file ends too early" : e.toString();
    }

    private static ImageFormat format(Path file, byte[] bytes) {
        if (bytes.length == 0) {
            throw new ImageException(file, "it is empty; get it again");
        }
        Optional<ImageFormat> format = ImageFormat.of(bytes);
        if (format.isEmpty() || !format.get().isRead()) {
            throw new ImageException(
                    file,
                    "it is no " + ImageFormat.listed() + " file"
                            + format.map(kind -> ", but of " + kind + " kind").orElse("")
                            + "; convert it to one of them");
        }
        return format.get();
    }

    private static BufferedImage decode(Path file, ImageFormat format, byte[] bytes) throws IOException {
        switch (format) {
            case PNG:
                return read(file, "png", PngChunks.essential(bytes), false);
            case JPEG:
                return readEither(
                        file,
                        "jpeg",
                        JpegSegments.essential(bytes, true),
                        JpegSegments.essential(bytes, false),
                        JpegSegments.lacksEnd(bytes));
            case WEBP:
                WebpChunks.requireWhole(bytes);
                return readEither(file, "webp", bytes, WebpChunks.essential(bytes), false);
            default:
                return read(file, format.name().toLowerCase(Locale.ROOT), bytes, false);
        }
    }

    /** With a colour profile; a profile that cannot be used is left out. */
    private static BufferedImage readEither(
            Path file, String format, byte[] bytes, byte[] withoutProfile, boolean cutOff) throws IOException {
        try {
            return read(file, format, bytes, cutOff);
        } catch (IOException | RuntimeException e) {
            if (e instanceof ImageException || withoutProfile.length == bytes.length) {
                throw e;
            }
            return read(file, format, withoutProfile, cutOff);
        }
    }

    /** @param cutOff whether the file was found to end too early, so that the reader must not miss any pixels */
    private static BufferedImage read(Path file, String format, byte[] bytes, boolean cutOff) throws IOException {
        // In memory, without ImageIO.setUseCache: that would change how the whole program reads images.
        try (ImageInputStream input = new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
            if (!readers.hasNext()) {
                throw new IOException("this Java has no reader for " + format);
            }
            ImageReader reader = readers.next();
            AtomicReference<String> truncated = new AtomicReference<>(); // the rest of a truncated JPEG would be grey
            reader.addIIOReadWarningListener((source, warning) -> {
                if (warning.contains("Truncated") || cutOff && warning.contains("premature end")) {
                    truncated.set("the file ends within its pixels");
                }
            });
            try {
                reader.setInput(input, true, true);
                checkSize(file, reader.getHeight(0), reader.getWidth(0));
                BufferedImage image = reader.read(0);
                if (truncated.get() != null) {
                    throw new IOException(truncated.get());
                }
                checkSamples(image);
                return image;
            } finally {
                reader.dispose();
            }
        }
    }

    /** By the header, before memory is asked for. */
    private static void checkSize(Path file, int height, int width) {
        if (Math.max(height, width) > LONGEST_SIDE || (long) height * width > MOST_PIXELS) {
            throw new ImageException(
                    file,
                    String.format(
                            Locale.ROOT,
                            "it has %,d×%,d pixels (height × width); at most %,d a side and %,d in all are read,"
                                    + " make it smaller or cut it",
                            height,
                            width,
                            LONGEST_SIDE,
                            MOST_PIXELS));
        }
    }

    /** TIFF files may hold measurements, of which nobody knows what is white. */
    private static void checkSamples(BufferedImage image) throws IOException {
        int type = image.getRaster().getTransferType();
        boolean measured = image.getColorModel() instanceof ComponentColorModel
                && type != DataBuffer.TYPE_BYTE
                && type != DataBuffer.TYPE_USHORT;
        boolean colours = List.of(ColorSpace.TYPE_GRAY, ColorSpace.TYPE_RGB, ColorSpace.TYPE_CMYK)
                .contains(image.getColorModel().getColorSpace().getType());
        if (measured || !colours) {
            throw new IOException(
                    measured
                            ? "its pixels are no whole numbers of 8 or 16 bits"
                            : "its colours are no RGB, grey or CMYK");
        }
    }
}
