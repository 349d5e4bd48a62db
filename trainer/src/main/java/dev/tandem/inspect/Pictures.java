package dev.tandem.inspect;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** Pictures of what the other classes here find. Small images are enlarged by whole factors, pixel by pixel. */
public final class Pictures {
    private static final int PHOTO_SIDE = 224; // what small images are enlarged to, about
    private static final int LARGE_SIDE = 96;
    private static final int SMALL_SIDE = 48;
    private static final int MANY = 16; // tiles, from where on they are small
    private static final int GAP = 2;

    private Pictures() {}

    /**
     * All filters side by side, each stretched from its own smallest to its own largest weight: in colour where they see three
     * channels, grey where one.
     *
     * @param captions under each; empty for none
     */
    public static BufferedImage filters(Filters filters, List<String> captions) {
        int side = tileSide(filters.filters().size());
        List<BufferedImage> tiles = new ArrayList<>();
        for (Planes filter : filters.filters()) {
            tiles.add(enlarged(draw(filter.stretched(0.5f)), side));
        }
        return Grid.of(tiles, captions, columns(tiles.size()), GAP);
    }

    /**
     * The first feature maps side by side, each stretched from its own smallest value (black) to its own largest (white);
     * those that are the same everywhere, mostly of dead units, are black.
     */
    public static BufferedImage activations(Planes maps, int most) {
        int count = Math.min(most, maps.channels());
        List<BufferedImage> tiles = new ArrayList<>();
        for (int c = 0; c < count; c++) {
            Planes map = new Planes(1, maps.height(), maps.width(), maps.plane(c));
            tiles.add(enlarged(draw(map.stretched(0)), tileSide(count)));
        }
        return Grid.of(tiles, List.of(), columns(tiles.size()), GAP);
    }

    /**
     * An image, and beside it the same under a heat map's colours: blue where nothing counts, over green and yellow to red where
     * most does.
     *
     * @param image colours from 0 to 1
     */
    public static BufferedImage overlay(Planes image, HeatMap map) {
        return overlay(image, map, map.largest());
    }

    /** @param full what is red; no value may be above it */
    public static BufferedImage overlay(Planes image, HeatMap map, float full) {
        BufferedImage photo = photo(image);
        BufferedImage mixed = new BufferedImage(photo.getWidth(), photo.getHeight(), BufferedImage.TYPE_INT_RGB);
        HeatMap heat = map.normalised(full).resized(photo.getHeight(), photo.getWidth());
        for (int y = 0; y < photo.getHeight(); y++) {
            for (int x = 0; x < photo.getWidth(); x++) {
                mixed.setRGB(x, y, mean(photo.getRGB(x, y), jet(heat.at(y, x))));
            }
        }
        return Grid.of(List.of(photo, mixed), List.of(), 2, GAP);
    }

    /**
     * An image and those that are like it, in a row.
     *
     * @param captions under each, the image's own first
     */
    public static BufferedImage neighbours(Planes image, List<Planes> neighbours, List<String> captions) {
        List<BufferedImage> tiles = new ArrayList<>(List.of(framed(enlarged(draw(image), LARGE_SIDE))));
        neighbours.forEach(each -> tiles.add(framed(enlarged(draw(each), LARGE_SIDE))));
        BufferedImage row = Grid.of(tiles, captions, tiles.size(), 2 * GAP);
        Graphics2D graphics = row.createGraphics();
        graphics.setColor(Color.BLACK); // a line parts the image from its neighbours
        graphics.fillRect(row.getWidth() / tiles.size() - 1, 0, GAP, row.getHeight());
        graphics.dispose();
        return row;
    }

    /** Pictures one below the other. */
    public static BufferedImage stacked(List<BufferedImage> rows) {
        return Grid.of(rows, List.of(), 1, 0);
    }

    /** An image as the network sees it, enlarged where it is small. */
    public static BufferedImage photo(Planes image) {
        return enlarged(draw(image), PHOTO_SIDE);
    }

    /** A frame as wide as the gap, so that dark and white images keep their borders. */
    private static BufferedImage framed(BufferedImage image) {
        BufferedImage result =
                new BufferedImage(image.getWidth() + 2 * GAP, image.getHeight() + 2 * GAP, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = result.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, result.getWidth(), result.getHeight());
        graphics.drawImage(image, GAP, GAP, null);
        graphics.dispose();
        return result;
    }

    private static BufferedImage draw(Planes planes) {
        BufferedImage image = new BufferedImage(planes.width(), planes.height(), BufferedImage.TYPE_INT_RGB);
        int size = planes.height() * planes.width();
        boolean colour = planes.channels() == 3;
        for (int i = 0; i < size; i++) {
            int red = level(planes.values()[i]);
            int green = colour ? level(planes.values()[size + i]) : red;
            int blue = colour ? level(planes.values()[2 * size + i]) : red;
            image.setRGB(i % planes.width(), i / planes.width(), red << 16 | green << 8 | blue);
        }
        return image;
    }

    private static int level(float value) {
        return Math.round(255 * Math.max(0, Math.min(1, value)));
    }

    private static int tileSide(int tiles) {
        return tiles > MANY ? SMALL_SIDE : LARGE_SIDE;
    }

    private static BufferedImage enlarged(BufferedImage image, int side) {
        int factor = Math.max(1, Math.round((float) side / Math.max(image.getWidth(), image.getHeight())));
        int width = factor * image.getWidth();
        int height = factor * image.getHeight();
        BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = result.createGraphics();
        graphics.drawImage(image, 0, 0, width, height, null); // nearest pixel, unless told otherwise
        graphics.dispose();
        return result;
    }

    /** As square as a full grid can be, or almost full where that would be long. */
    static int columns(int tiles) {
        int least = (int) Math.ceil(Math.sqrt(tiles));
        for (int columns = least; columns <= 2.5 * least; columns++) {
            if (tiles % columns == 0) {
                return columns;
            }
        }
        return least;
    }

    /** The colours that Grad-CAM's paper shows: Matlab's jet. */
    private static int jet(float value) {
        return level(1.5f - Math.abs(4 * value - 3)) << 16
                | level(1.5f - Math.abs(4 * value - 2)) << 8
                | level(1.5f - Math.abs(4 * value - 1));
    }

    private static int mean(int a, int b) {
        return (a & 0xfefefe) / 2 + (b & 0xfefefe) / 2;
    }
}
