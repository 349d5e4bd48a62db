package dev.tandem.inspect;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tiles in rows and columns, with captions under them. */
final class Grid {
    private static final Logger LOG = LoggerFactory.getLogger(Grid.class);
    private static final int CAPTION_HEIGHT = 16;
    private static final int CAPTION_BASE = 12;

    private Grid() {}

    /**
     * @param tiles all as large as the first, or smaller
     * @param captions for each tile; empty for none. Left out on a machine without fonts.
     */
    static BufferedImage of(List<BufferedImage> tiles, List<String> captions, int columns, int gap) {
        int width = tiles.get(0).getWidth();
        int height = tiles.get(0).getHeight();
        int rowHeight = height + (captions.isEmpty() ? 0 : CAPTION_HEIGHT);
        int rows = (tiles.size() + columns - 1) / columns;
        BufferedImage result = new BufferedImage(
                columns * (width + gap) - gap, rows * (rowHeight + gap) - gap, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = result.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, result.getWidth(), result.getHeight());
        for (int i = 0; i < tiles.size(); i++) {
            int x = i % columns * (width + gap);
            int y = i / columns * (rowHeight + gap);
            graphics.drawImage(tiles.get(i), x, y, null);
        }
        if (!captions.isEmpty()) {
            drawCaptions(graphics, captions, columns, width, gap, rowHeight);
        }
        graphics.dispose();
        return result;
    }

    private static void drawCaptions(
            Graphics2D graphics, List<String> captions, int columns, int width, int gap, int rowHeight) {
        try {
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
            graphics.setColor(Color.BLACK);
            FontMetrics metrics = graphics.getFontMetrics();
            for (int i = 0; i < captions.size(); i++) {
                String text = shortened(captions.get(i), metrics, width);
                int x = i % columns * (width + gap) + (width - metrics.stringWidth(text)) / 2;
                int y = i / columns * (rowHeight + gap) + rowHeight - CAPTION_HEIGHT + CAPTION_BASE;
                graphics.drawString(text, x, y);
            }
        } catch (RuntimeException | LinkageError | InternalError e) { // Java's, each its own way, without any font
            LOG.warn(
                    "captions are left out of pictures: this machine has no fonts that Java can use ({})",
                    e.toString());
        }
    }

    private static String shortened(String text, FontMetrics metrics, int width) {
        String result = text;
        for (int length = text.length(); metrics.stringWidth(result) > width && length > 0; length--) {
            result = text.substring(0, length - 1) + "…";
        }
        return result;
    }
}
