package dev.tandem.data;

import dev.tandem.data.image.ImageException;
import dev.tandem.data.image.Picture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Photos as ImageNet's come: {@code train/<class>/…} and {@code val/<class>/…} (or {@code test/<class>/…}), classes in the order
 * of their names; or {@code <class>/…} alone, which is a training set. Files are JPEG, PNG, BMP or GIF, whatever their size; others
 * are passed over. Each is decoded when it is asked for, so memory holds names only.
 *
 * <p>A network for images of {@code size} sees a photo scaled ({@link Resize}) and cut to the size, RGB.
 */
public final class ImageFolder implements ImageDataset {
    private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "bmp", "gif");
    private static final String VALIDATION_FOLDER = "val";
    private static final List<String> TEST_FOLDERS = List.of(VALIDATION_FOLDER, "test");
    private static final int USUAL_SIZE = 224;
    private static final int CHANNELS = 3;
    private static final int NAMES_LISTED = 20;

    private final String name;
    private final List<String> classNames;
    private final List<Path> files;
    private final int[] labels;
    private final int size;
    private final Resize resize;

    private ImageFolder(String name, List<String> classNames, List<Path> files, int[] labels, int size, Resize resize) {
        this.name = name;
        this.classNames = classNames;
        this.files = files;
        this.labels = labels;
        this.size = size;
        this.resize = resize;
    }

    /**
     * One part of the photos in a folder, for networks that take 224×224; none if there are no folders with photos.
     *
     * @throws IllegalArgumentException if a class has no photos, or is not among those to train on
     */
    static Optional<ImageDataset> find(Path folder, Split split) {
        Path train = folder.resolve("train");
        if (split == Split.TRAIN) {
            return read(Files.isDirectory(train) ? train : folder, null);
        }
        List<String> classes = holdsPhotos(train) ? classFolders(train) : null;
        return TEST_FOLDERS.stream()
                .map(folder::resolve)
                .filter(ImageFolder::holdsPhotos)
                .findFirst()
                .flatMap(part -> read(part, classes));
    }

    private static boolean holdsPhotos(Path part) {
        return classFolders(part).stream()
                .anyMatch(each -> !photos(part.resolve(each)).isEmpty());
    }

    /** @param known the classes to train on; null for the part's own */
    private static Optional<ImageDataset> read(Path part, List<String> known) {
        if (!holdsPhotos(part)) {
            return Optional.empty();
        }
        List<String> own = classFolders(part);
        List<String> classes = known == null ? own : known;
        List<Path> files = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (String each : own) {
            Path folder = part.resolve(each);
            if (!classes.contains(each)) {
                throw new IllegalArgumentException("photos " + folder + ": there is no class " + each
                        + " to train on beside it, only " + String.join(", ", classes)
                        + "; name its folder as in train, or remove it");
            }
            List<Path> photos = photos(folder);
            if (photos.isEmpty()) {
                throw new IllegalArgumentException("photos " + folder
                        + ": there are none (JPEG, PNG, BMP or GIF); each folder beside it is a class"
                        + " and needs some, so add them or remove it");
            }
            files.addAll(photos);
            labels.addAll(Collections.nCopies(photos.size(), classes.indexOf(each)));
        }
        int[] numbers = labels.stream().mapToInt(Integer::intValue).toArray();
        return Optional.of(
                new ImageFolder(part.toString(), classes, files, numbers, USUAL_SIZE, Resize.usual(USUAL_SIZE)));
    }

    /** Whether photos lie in a folder itself, in no class's. */
    static boolean holdsLoosePhotos(Path folder) {
        return !photos(folder).isEmpty();
    }

    private static List<String> classFolders(Path part) {
        return list(part, Files::isDirectory).stream()
                .map(each -> each.getFileName().toString())
                .toList();
    }

    private static List<Path> photos(Path folder) {
        return list(folder, file -> Files.isRegularFile(file) && ENDINGS.contains(ending(file)));
    }

    private static String ending(Path file) {
        String name = file.getFileName().toString();
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    /** By name, so that every machine has the same order; hidden ones left out. Empty if there is no such folder. */
    private static List<Path> list(Path folder, Predicate<Path> wanted) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(each -> !each.getFileName().toString().startsWith("."))
                    .filter(wanted)
                    .sorted(Comparator.comparing(each -> each.getFileName().toString()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed: " + e.getMessage(), e);
        }
    }

    /**
     * A photo as a network for images of {@code size} sees it.
     *
     * @throws ImageException if it cannot be read, naming it
     */
    public static Picture read(Path photo, int size, Resize resize, Crop crop) {
        return Picture.readCut(
                photo, resize.shortSide(), resize.interpolation(), size, size, crop.down(), crop.right());
    }

    /** The same photos, for networks that take another size; scaled as is {@linkplain Resize#usual usual}. */
    public ImageFolder sized(int size) {
        if (size < 1) {
            throw new IllegalArgumentException(name + ": images of " + size + " pixels are asked for; use at least 1");
        }
        return sized(size, Resize.usual(size));
    }

    /** The same photos, for networks that take another size and want them scaled otherwise. */
    public ImageFolder sized(int size, Resize resize) {
        resize.check(size, size);
        return new ImageFolder(name, classNames, files, labels, size, resize);
    }

    /**
     * The same photos with labels of a network's classes, by name; as they are if those are just numbers, as in published
     * weights, and as many as the folders.
     *
     * @throws IllegalArgumentException if a photo's class is not among them, naming its folder
     */
    public ImageFolder labelledAs(List<String> names) {
        int[] places = classNames.stream().mapToInt(names::indexOf).toArray();
        boolean nameless = names.stream().allMatch(each -> each.matches("[0-9]+"));
        if (nameless
                && names.size() == classNames.size()
                && Arrays.stream(places).anyMatch(place -> place < 0)) {
            return this;
        }
        int[] numbers = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            numbers[i] = places[labels[i]];
            if (numbers[i] < 0) {
                throw new IllegalArgumentException("photos " + files.get(i).getParent() + ": the network has no class "
                        + classNames.get(labels[i]) + ", "
                        + (nameless
                                ? "only " + names.size() + " numbers, and there are " + classNames.size()
                                        + " folders; use as many folders as classes, in their order"
                                : "only " + listed(names) + "; name the folder as the class, or remove it"));
            }
        }
        return new ImageFolder(name, List.copyOf(names), files, numbers, size, resize);
    }

    private static String listed(List<String> names) {
        return names.size() <= NAMES_LISTED
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, NAMES_LISTED)) + " and " + (names.size() - NAMES_LISTED) + " more";
    }

    /** Whether they are those of a folder {@code val}. */
    public boolean isValidation() {
        return Path.of(name).endsWith(VALIDATION_FOLDER);
    }

    /** Where photo {@code index} lies. */
    public Path file(int index) {
        return files.get(index);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public int channels() {
        return CHANNELS;
    }

    @Override
    public int height() {
        return size;
    }

    @Override
    public int width() {
        return size;
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public int label(int index) {
        return labels[index];
    }

    @Override
    public boolean cutsPhotos() {
        return true;
    }

    /** CRC-32 of the files' names, with their class's, and sizes. */
    @Override
    public String fingerprint() {
        CRC32 sum = new CRC32();
        for (Path file : files) {
            String name = file.getParent().getFileName() + "/" + file.getFileName();
            try {
                sum.update((name + " " + Files.size(file) + "\n").getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
            }
        }
        return String.format("%08x", sum.getValue());
    }

    /** @throws ImageException if the photo cannot be read, naming it */
    @Override
    public void copyPixels(int index, MemorySegment target, long offset) {
        copyPixels(index, Crop.CENTRE, target, offset);
    }

    @Override
    public void copyPixels(int index, Crop crop, MemorySegment target, long offset) {
        byte[] planes = read(files.get(index), size, resize, crop)
                .withChannels(CHANNELS)
                .toBytes();
        byte[] pixels = new byte[planes.length];
        int plane = size * size;
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = planes[i % CHANNELS * plane + i / CHANNELS];
        }
        MemorySegment.copy(pixels, 0, target, ValueLayout.JAVA_BYTE, offset, pixels.length);
    }
}
