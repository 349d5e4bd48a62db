package dev.tandem.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

/** Noisy pictures of one colour each, in a folder a colour: whatever separates three colours separates two of them. */
final class ColouredPhotos {
    private static final Map<String, Integer> COLOURS = Map.of("red", 16, "green", 8, "blue", 0); // the bits' place

    private ColouredPhotos() {}

    /** Returns the folder, with {@code train} and {@code val} in it. */
    static Path write(Path folder, int train, int val, String... colours) {
        SplittableRandom random = new SplittableRandom(5);
        try {
            for (String colour : colours) {
                write(folder.resolve("train").resolve(colour), train, COLOURS.get(colour), random);
                write(folder.resolve("val").resolve(colour), val, COLOURS.get(colour), random);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    private static void write(Path folder, int count, int shift, SplittableRandom random) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < count; i++) {
            BufferedImage image =
                    new BufferedImage(30 + random.nextInt(20), 30 + random.nextInt(20), BufferedImage.TYPE_INT_RGB);
            for (int p = 0; p < image.getWidth() * image.getHeight(); p++) {
                int noise = random.nextInt(80) << 16 | random.nextInt(80) << 8 | random.nextInt(80);
                image.setRGB(p % image.getWidth(), p / image.getWidth(), noise + (150 << shift));
            }
            String format = i % 2 == 0 ? "png" : "jpg";
            ImageIO.write(image, format, folder.resolve(i + "." + format).toFile());
        }
    }
}
