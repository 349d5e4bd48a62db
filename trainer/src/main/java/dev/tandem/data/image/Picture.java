package dev.tandem.data.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** An image as planes: one for grey, three for red, green and blue. */
public record Picture(List<Plane> planes) {
    private static final int STRIP = 64; // rows that are scaled at once

    /**
     * Reads JPEG, PNG, WebP, TIFF, BMP or GIF, whatever the file is called, upright. What is transparent becomes white; of several
     * images in a file the first is read.
     *
     * @throws ImageException if it cannot be read, saying why
     */
    public static Picture read(Path file) {
        byte[] bytes = bytes(file);
        return of(Decoder.decode(file, bytes)).upright(bytes);
    }

    /**
     * As {@link #read(Path)}, scaled until it just covers a square of {@code side}, and cut. Only the part that is cut is scaled, so
     * neither a large photo nor a long thin one ever lies in memory as planes.
     *
     * @param side at least {@code height} and {@code width}
     * @param down where to cut, from 0 at the top to 1 at the bottom; {@code right} likewise
     * @throws ImageException if it cannot be read, saying why
     */
    public static Picture readCut(
            Path file, int side, Interpolation interpolation, int height, int width, double down, double right) {
        byte[] bytes = bytes(file);
        int orientation = Orientation.of(bytes);
        BufferedImage image = Decoder.decode(file, bytes);
        int[] size = covering(image.getHeight(), image.getWidth(), side, side);
        boolean turned = Orientation.turns(orientation);
        Window part = Window.of(turned ? size[1] : size[0], turned ? size[0] : size[1], height, width, down, right);
        Window turnedPart = Orientation.before(orientation, part, size[0], size[1]);
        return scaled(image, size[0], size[1], turnedPart, interpolation).upright(bytes);
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new ImageException(file, "it is not there");
        } catch (AccessDeniedException e) {
            throw new ImageException(file, "it may not be read; give it the right to be read (chmod +r)");
        } catch (FileSystemException e) {
            throw new ImageException(file, "its bytes cannot be read (" + e.getReason() + ")");
        } catch (IOException e) {
            throw new ImageException(file, "its bytes cannot be read (" + e.getMessage() + ")");
        }
    }

    private Picture upright(byte[] file) {
        int orientation = Orientation.of(file);
        return map(plane -> Orientation.apply(orientation, plane));
    }

    private static Picture scaled(
            BufferedImage image, int height, int width, Window part, Interpolation interpolation) {
        List<float[]> narrow = new ArrayList<>(); // of the part's width, the old height
        for (int top = 0; top < image.getHeight(); top += STRIP) {
            int rows = Math.min(STRIP, image.getHeight() - top);
            Window columns = new Window(0, part.left(), rows, part.width());
            List<Plane> strip = of(image.getSubimage(0, top, image.getWidth(), rows)).planes;
            for (int c = 0; c < strip.size(); c++) {
                if (narrow.size() == c) {
                    narrow.add(new float[image.getHeight() * part.width()]);
                }
                float[] values = strip.get(c)
                        .resized(rows, width, columns, interpolation)
                        .values();
                System.arraycopy(values, 0, narrow.get(c), top * part.width(), values.length);
            }
        }
        Window rows = new Window(part.top(), 0, part.height(), part.width());
        return new Picture(narrow.stream()
                .map(values -> new Plane(image.getHeight(), part.width(), values)
                        .resized(height, part.width(), rows, interpolation))
                .toList());
    }

    /** Height and width, scaled until they just cover others; the longer one is rounded down, as torchvision does. */
    private static int[] covering(int height, int width, int coveredHeight, int coveredWidth) {
        boolean tall = (long) coveredWidth * height >= (long) coveredHeight * width;
        return tall
                ? new int[] {(int) ((long) height * coveredWidth / width), coveredWidth}
                : new int[] {coveredHeight, (int) ((long) width * coveredHeight / height)};
    }

    static Picture of(BufferedImage image) {
        int colours = image.getColorModel().getColorSpace().getType();
        return colours == ColorSpace.TYPE_GRAY
                ? ofGrey(image)
                : colours == ColorSpace.TYPE_CMYK ? ofInks(image) : ofColours(image);
    }

    /** From the raster itself: BufferedImage.getRGB takes grey for linear light and brightens it. */
    private static Picture ofGrey(BufferedImage image) {
        Raster raster = image.getRaster();
        float scale = (1L << raster.getSampleModel().getSampleSize(0)) - 1;
        int bands = raster.getNumBands();
        float[] values = new float[image.getHeight() * image.getWidth()];
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                float alpha = bands > 1 ? raster.getSample(x, y, bands - 1) / scale : 1;
                float value = raster.getSample(x, y, 0) / scale;
                values[y * image.getWidth() + x] = value + (1 - alpha) * (1 - value);
            }
        }
        return new Picture(List.of(new Plane(image.getHeight(), image.getWidth(), values)));
    }

    /** From the raster itself, as Pillow does it: paper shows through what each ink leaves. Java brightens these too. */
    private static Picture ofInks(BufferedImage image) {
        Raster raster = image.getRaster();
        float scale = (1L << raster.getSampleModel().getSampleSize(0)) - 1;
        List<Plane> planes = new ArrayList<>();
        for (int c = 0; c < 3; c++) {
            float[] values = new float[image.getHeight() * image.getWidth()];
            for (int y = 0; y < image.getHeight(); y++) {
                for (int x = 0; x < image.getWidth(); x++) {
                    values[y * image.getWidth() + x] =
                            (1 - raster.getSample(x, y, c) / scale) * (1 - raster.getSample(x, y, 3) / scale);
                }
            }
            planes.add(new Plane(image.getHeight(), image.getWidth(), values));
        }
        return new Picture(planes);
    }

    private static Picture ofColours(BufferedImage image) {
        int pixels = image.getHeight() * image.getWidth();
        float[][] values = new float[3][pixels];
        int[] row = new int[image.getWidth()];
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, row.length, 1, row, 0, row.length);
            for (int x = 0; x < row.length; x++) {
                float alpha = (row[x] >>> 24) / 255f;
                for (int c = 0; c < 3; c++) {
                    float value = (row[x] >> (16 - 8 * c) & 0xff) / 255f;
                    values[c][y * row.length + x] = value + (1 - alpha) * (1 - value);
                }
            }
        }
        return new Picture(List.of(values).stream()
                .map(each -> new Plane(image.getHeight(), image.getWidth(), each))
                .collect(Collectors.toList()));
    }

    public int height() {
        return planes.get(0).height();
    }

    public int width() {
        return planes.get(0).width();
    }

    private Picture map(UnaryOperator<Plane> change) {
        return new Picture(planes.stream().map(change).collect(Collectors.toList()));
    }

    /** Brightness as television weighs colours (ITU-R BT.601). */
    public Plane grey() {
        if (planes.size() == 1) {
            return planes.get(0);
        }
        float[] values = new float[height() * width()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.299f * planes.get(0).values()[i]
                    + 0.587f * planes.get(1).values()[i]
                    + 0.114f * planes.get(2).values()[i];
        }
        return new Plane(height(), width(), values);
    }

    /** Grey for 1 channel; for 3, grey becomes equal red, green and blue. */
    public Picture withChannels(int channels) {
        if (channels == planes.size()) {
            return this;
        }
        Plane grey = grey();
        return new Picture(channels == 1 ? List.of(grey) : List.of(grey, grey, grey));
    }

    /** Scaled until it covers the size, and cut to it around its centre. */
    public Picture fitted(int height, int width) {
        int[] size = covering(height(), width(), height, width);
        Window part = Window.of(size[0], size[1], height, width, 0.5, 0.5);
        return map(plane -> plane.resized(size[0], size[1], part, Interpolation.BILINEAR));
    }

    /** Bytes 0 to 255, {@code [C, H, W]}. */
    public byte[] toBytes() {
        int plane = height() * width();
        byte[] result = new byte[planes.size() * plane];
        for (int c = 0; c < planes.size(); c++) {
            for (int i = 0; i < plane; i++) {
                float value = Math.min(1, Math.max(0, planes.get(c).values()[i]));
                result[c * plane + i] = (byte) Math.round(255 * value);
            }
        }
        return result;
    }
}
