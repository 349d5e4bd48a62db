package dev.tandem.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;

/** The folder that {@code tandem inspect} fills: pictures, and a page that shows them together. */
final class InspectionFolder {
    private record Entry(String heading, String file, String caption) {}

    private static final String PAGE = "index.html";
    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>%1$s</title>
            <style>
            body { font-family: sans-serif; margin: 2em; max-width: 75em; }
            figure { display: inline-block; margin: 0 1.5em 1.5em 0; vertical-align: top; }
            figcaption { font-size: 0.85em; color: #444; max-width: 45em; }
            img { max-width: 100%%; border: 1px solid #ccc; }
            </style>
            </head>
            <body>
            <h1>%1$s</h1>
            """;

    private final Path folder;
    private final List<Entry> entries = new ArrayList<>();
    private final List<Map<String, Object>> files = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /** @throws UsageException if it cannot be made or written to */
    InspectionFolder(Path folder) {
        this.folder = folder;
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, "tandem", null)); // before anything is computed
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private UsageException unwritable(IOException e) {
        return new UsageException(
                "folder " + folder + ": it cannot be written to (" + e + "); name another one with --out", e);
    }

    /**
     * Adds a picture.
     *
     * @param heading what it is listed under on the page; likewise the caption
     * @param name of the file, without its end; a number is added where there is such a one already
     * @param details for programs
     */
    void add(String heading, String name, String caption, BufferedImage picture, Map<String, Object> details) {
        String plain = name.replaceAll("[^\\p{L}\\p{N}._-]", "_"); // what a link can be made of
        String unique = plain;
        for (int i = 2; !names.add(unique); i++) {
            unique = plain + "-" + i;
        }
        String file = unique + ".png";
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(picture, "png", bytes);
        } catch (IOException e) {
            throw new IllegalStateException(file + ": cannot be encoded: " + e.getMessage(), e);
        }
        write(file, bytes.toByteArray());
        entries.add(new Entry(heading, file, caption));
        Map<String, Object> each = new LinkedHashMap<>();
        each.put("file", folder.resolve(file).toString());
        each.putAll(details);
        files.add(each);
    }

    /** Writes the page. Returns its path. */
    Path finish(String title) {
        StringBuilder page = new StringBuilder(String.format(HEAD, escaped(title)));
        String heading = "";
        for (Entry entry : entries) {
            if (!entry.heading.equals(heading)) {
                heading = entry.heading;
                page.append("<h2>").append(escaped(heading)).append("</h2>\n");
            }
            page.append(String.format(
                    "<figure><img src=\"%1$s\" alt=\"%2$s\"><figcaption>%2$s</figcaption></figure>%n",
                    escaped(entry.file), escaped(entry.caption)));
        }
        write(PAGE, page.append("</body>\n</html>\n").toString().getBytes(StandardCharsets.UTF_8));
        return folder.resolve(PAGE);
    }

    /** What was written, for programs. */
    List<Map<String, Object>> files() {
        return files;
    }

    private void write(String name, byte[] bytes) {
        try {
            Files.write(folder.resolve(name), bytes);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
