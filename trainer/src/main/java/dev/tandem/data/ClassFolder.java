package dev.tandem.data;

import dev.tandem.data.image.FileNames;
import dev.tandem.data.image.ImageFormat;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What lies in a folder of photos. Paths stay as the system gives them, since a name that is made text and a path again may lead
 * nowhere.
 *
 * @param photos by name, so that every machine has the same order
 * @param unread how many images end in what, such as {@code .avif}, that are not read
 * @param others likewise, of files that are no images
 * @param folders in it, by name
 */
record ClassFolder(
        Path path, List<Path> photos, Map<String, Integer> unread, Map<String, Integer> others, List<Path> folders) {
    private static final Set<String> UNREAD = Set.of(
            "avif", "heic", "heif", "jxl", "jp2", "j2k", "jpx", "psd", "svg", "ico", "tga", "pbm", "pgm", "ppm", "pnm",
            "exr", "hdr", "xcf", "eps", "cr2", "cr3", "nef", "arw", "dng", "orf", "rw2", "raf");
    /** Never photos, and often many: not worth opening. */
    private static final Set<String> TEXTS = Set.of("txt", "csv", "json", "xml", "html", "md", "yaml", "yml");
    /** What systems leave behind in folders, beside names that begin with a dot. */
    private static final Set<String> LEFT_BEHIND = Set.of(
            "thumbs.db",
            "ehthumbs.db",
            "desktop.ini",
            "icon\\x0d",
            "__macosx",
            "@eadir",
            "$recycle.bin",
            "lost+found",
            "system volume information");

    /** @throws UncheckedIOException if it cannot be listed */
    static ClassFolder list(Path folder) {
        List<Path> photos = new ArrayList<>();
        List<Path> folders = new ArrayList<>();
        Map<String, Integer> unread = new TreeMap<>();
        Map<String, Integer> others = new TreeMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path each : all) {
                String ending = ending(each);
                if (isLeftBehind(each)) {
                    continue;
                } else if (Files.isDirectory(each)) {
                    folders.add(each);
                } else if (isPhoto(each, ending)) {
                    photos.add(each);
                } else {
                    boolean image = UNREAD.contains(ending)
                            || !TEXTS.contains(ending) && format(each).isPresent();
                    (image ? unread : others).merge(ending.isEmpty() ? "no ending" : "." + ending, 1, Integer::sum);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw cannotBeListed(folder, e);
        }
        return new ClassFolder(folder, byName(photos), unread, others, byName(folders));
    }

    static UncheckedIOException cannotBeListed(Path folder, Exception e) {
        IOException cause = e instanceof DirectoryIteratorException wrapped ? wrapped.getCause() : (IOException) e;
        return new UncheckedIOException(FileNames.path(folder) + ": cannot be listed: " + cause, cause);
    }

    private static List<Path> byName(List<Path> paths) {
        Map<Path, String> names = new HashMap<>();
        paths.forEach(path -> names.put(path, FileNames.of(path)));
        paths.sort(Comparator.comparing(names::get));
        return List.copyOf(paths);
    }

    /** Folders in a folder, by name; empty if there is no such folder. */
    static List<Path> foldersIn(Path folder) {
        List<Path> folders = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
                for (Path each : all) {
                    if (!isLeftBehind(each) && Files.isDirectory(each)) {
                        folders.add(each);
                    }
                }
            } catch (IOException | DirectoryIteratorException e) {
                throw cannotBeListed(folder, e);
            }
        }
        return byName(folders);
    }

    /** Whether there are photos in a folder itself. Looks no further than to the first. */
    static boolean holdsPhotos(Path folder) {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path each : all) {
                if (!isLeftBehind(each) && !Files.isDirectory(each) && isPhoto(each, ending(each))) {
                    return true;
                }
            }
            return false;
        } catch (IOException | DirectoryIteratorException e) {
            throw cannotBeListed(folder, e);
        }
    }

    private static boolean isLeftBehind(Path file) {
        String name = FileNames.of(file);
        return name.startsWith(".") || LEFT_BEHIND.contains(name.toLowerCase(Locale.ROOT));
    }

    /**
     * A name that says so is believed, so that few files are opened; where it says something else, the file tells. A link that
     * leads nowhere is a photo that cannot be read.
     */
    private static boolean isPhoto(Path file, String ending) {
        if (ImageFormat.ofEnding(ending).isPresent()) {
            return Files.isRegularFile(file) || Files.isSymbolicLink(file);
        }
        return !TEXTS.contains(ending)
                && format(file).filter(ImageFormat::isRead).isPresent();
    }

    private static Optional<ImageFormat> format(Path file) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file)) {
            return ImageFormat.of(in.readNBytes(ImageFormat.TELLING_BYTES));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** In small letters, without the dot; empty where the name has none. */
    private static String ending(Path file) {
        String name = FileNames.of(file);
        return name.substring(name.lastIndexOf('.') + 1 == 0 ? name.length() : name.lastIndexOf('.') + 1)
                .toLowerCase(Locale.ROOT);
    }

    String name() {
        return ClassNames.of(FileNames.of(path));
    }
}
