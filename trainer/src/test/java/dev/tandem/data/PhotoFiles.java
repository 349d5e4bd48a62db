package dev.tandem.data;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;

/** Small photos for tests. */
public final class PhotoFiles {
    private PhotoFiles() {}

    /** Of one colour, at {@code folder/name}; the name's end says the format. */
    public static Path write(Path folder, String name, int colour) {
        return writeAs(folder.resolve(name), name.substring(name.lastIndexOf('.') + 1), colour);
    }

    /** Whatever the file is called. */
    public static Path writeAs(Path file, String format, int colour) {
        BufferedImage image = new BufferedImage(12, 12, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 144; i++) {
            image.setRGB(i % 12, i / 12, colour + i);
        }
        try {
            Files.createDirectories(file.getParent());
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            ImageIO.write(image, format, bytes); // not to a java.io.File, which cannot have every name
            Files.write(file, bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    /** Leaves half of a file. */
    public static Path cut(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            return Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
