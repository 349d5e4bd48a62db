package dev.tandem.data.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * Names of files as text, in every locale the same. On Linux a name is bytes, and {@link Path#toString} makes question marks of
 * those that the locale does not know: two names may become one, and none leads back to its file. Here UTF-8 is read as such;
 * any other byte, and control characters, become {@code \xe9}.
 */
public final class FileNames {
    private FileNames() {}

    /** A path's last part; empty for a root. */
    public static String of(Path path) {
        Path last = path.getFileName();
        if (last == null) {
            return "";
        }
        String name = last.toString();
        return name.chars().allMatch(c -> c >= ' ' && c < 0x7f) ? name : text(bytes(last));
    }

    /** All of a path. */
    public static String path(Path path) {
        String separator = path.getFileSystem().getSeparator();
        StringJoiner all = new StringJoiner(
                separator, path.getRoot() == null ? "" : path.getRoot().toString(), "");
        path.forEach(part -> all.add(of(part)));
        return all.toString();
    }

    /**
     * The file that a command line means: Java makes question marks (U+FFFD) of what is no text in its arguments, and no file is
     * called so. The one whose name becomes the same is taken, if there is just one; else the path as it is.
     */
    public static Path meant(Path given) {
        if (!given.toString().contains("\uFFFD") || Files.exists(given)) {
            return given;
        }
        Path found = given.isAbsolute() ? given.getRoot() : Path.of("");
        for (Path part : given) {
            Path here = found.resolve(part);
            found = part.toString().contains("\uFFFD")
                    ? alike(found, part.toString()).orElse(here)
                    : here;
        }
        return Files.exists(found) ? found : given;
    }

    private static Optional<Path> alike(Path folder, String name) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path each : all) {
                if (each.getFileName().toString().equals(name)) {
                    found.add(each);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return Optional.empty(); // whoever opens it says so
        }
        return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
    }

    /** Its URI has each byte, which no other method gives. */
    private static byte[] bytes(Path name) {
        String uri = name.toUri().getRawPath();
        uri = uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = uri.lastIndexOf('/') + 1; i < uri.length(); i++) {
            if (uri.charAt(i) == '%') {
                bytes.write(Integer.parseInt(uri, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(uri.charAt(i));
            }
        }
        return bytes.toByteArray();
    }

    private static String text(byte[] name) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < name.length; ) {
            int length = Math.max(1, length(name, at));
            String character = utf8(name, at, length);
            if (character == null) {
                length = 1;
            }
            if (character == null || Character.isISOControl(character.codePointAt(0))) {
                for (int i = at; i < at + length; i++) {
                    text.append(String.format("\\x%02x", name[i]));
                }
            } else {
                text.append(character);
            }
            at += length;
        }
        return text.toString();
    }

    /** Of the UTF-8 sequence that begins there, by its first byte; 0 if none does. */
    private static int length(byte[] name, int from) {
        int first = name[from] & 0xff;
        int length = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        return from + length <= name.length ? length : 0;
    }

    private static String utf8(byte[] name, int from, int length) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(name, from, length))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
