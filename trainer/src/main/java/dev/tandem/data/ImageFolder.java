package dev.tandem.data;

import dev.tandem.data.image.FileNames;
import dev.tandem.data.image.ImageException;
import dev.tandem.data.image.ImageFormat;
import dev.tandem.data.image.Picture;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Photos in a folder a class, as ImageNet's come: {@code train/<class>/…}, {@code val/<class>/…} (or {@code valid}, {@code
 * validation}) and {@code test/<class>/…}; or {@code <class>/…} alone, which is a training set. A folder that holds photos is a
 * class, whatever it is called, and classes are in the order of their names. Files are JPEG, PNG, WebP, TIFF, BMP or GIF, of any
 * size. Each is decoded when it is asked for, so memory holds names only.
 *
 * <p>A network for images of {@code size} sees a photo scaled ({@link Resize}) and cut to the size, RGB.
 */
public final class ImageFolder implements ImageDataset {
    private static final int USUAL_SIZE = 224;
    private static final int CHANNELS = 3;

    private final String name;
    private final boolean validation;
    private final Path test; // null if no images to test on lie beside those to validate on
    private final List<String> classNames;
    private final List<Photo> photos;
    private final int size;
    private final Resize resize;
    private final List<String> remarks;
    private long[] sizes; // of the files, as fingerprint() last found them; null before

    /** @param bytes of a photo that is gone, as it was; else −1 */
    private record Photo(Path file, int label, long bytes) {
        /** With its class's folder. */
        String name() {
            return FileNames.of(file.getParent()) + "/" + FileNames.of(file);
        }

        /** In bytes; −1 if it cannot be found out. */
        long size() {
            try {
                return bytes < 0 ? Files.size(file) : bytes;
            } catch (IOException e) {
                return -1;
            }
        }
    }

    private ImageFolder(
            String name,
            boolean validation,
            Path test,
            List<String> classNames,
            List<Photo> photos,
            int size,
            Resize resize,
            List<String> remarks) {
        this.name = name;
        this.validation = validation;
        this.test = test;
        this.classNames = classNames;
        this.photos = photos;
        this.size = size;
        this.resize = resize;
        this.remarks = remarks;
    }

    /**
     * One part of the photos in a folder, for networks that take 224×224; none if there are no folders with photos.
     *
     * @throws IllegalArgumentException if a class has no photos, or is not among those to train on
     */
    static Optional<ImageDataset> find(Path folder, Split split) {
        PhotoTree tree = PhotoTree.of(folder);
        if (tree.part(split).isEmpty()) {
            return Optional.empty();
        }
        Path part = tree.part(split).get();
        List<String> known = uniqueNames(tree.classes());
        List<Path> folders = split == Split.TRAIN ? tree.classes() : ClassFolder.foldersIn(part);
        List<String> classes = split == Split.TRAIN || known.isEmpty() ? uniqueNames(folders) : known;
        List<ClassFolder> listed = folders.stream().map(ClassFolder::list).toList();
        List<Photo> photos = new ArrayList<>();
        for (ClassFolder each : listed) {
            if (!classes.contains(each.name())) {
                throw new IllegalArgumentException("photos " + FileNames.path(each.path()) + ": there is no class "
                        + each.name() + " to train on beside it, only " + ClassNames.listed(classes)
                        + "; name its folder as in train, or remove it");
            }
            requirePhotos(each);
            int label = classes.indexOf(each.name());
            each.photos().forEach(file -> photos.add(new Photo(file, label, -1)));
        }
        photos.sort(Comparator.comparingInt(Photo::label)); // the order of names, whichever way accents are coded
        List<String> remarks = new ArrayList<>(split == Split.TRAIN ? tree.remarks() : List.of());
        remarks.addAll(PhotoRemarks.on(part, tree, listed));
        boolean validation = part.equals(tree.validation());
        return Optional.of(new ImageFolder(
                FileNames.path(part),
                validation,
                validation ? tree.test() : null,
                classes,
                List.copyOf(photos),
                USUAL_SIZE,
                Resize.usual(USUAL_SIZE),
                remarks));
    }

    private static List<String> uniqueNames(List<Path> folders) {
        Map<String, Path> all = new TreeMap<>();
        for (Path each : folders) {
            Path other = all.put(ClassNames.of(FileNames.of(each)), each);
            if (other != null) {
                throw new IllegalArgumentException("photos " + FileNames.path(each.getParent())
                        + ": two folders are called " + FileNames.of(each)
                        + ", with accents that are coded in two ways (NFC and NFD); move the photos into one of them");
            }
        }
        return List.copyOf(all.keySet());
    }

    private static void requirePhotos(ClassFolder each) {
        if (each.photos().isEmpty()) {
            String there = PhotoRemarks.counted(each.unread(), each.others());
            throw new IllegalArgumentException("photos " + FileNames.path(each.path()) + ": there are none ("
                    + ImageFormat.listed() + ")" + (there.isEmpty() ? "" : ", only " + there)
                    + "; each folder beside it is a class and needs some, so "
                    + (each.unread().isEmpty() ? "add them" : "convert them") + " or remove it");
        }
    }

    /** What of the folder is not used, a line each. */
    public List<String> remarks() {
        return remarks;
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
        return new ImageFolder(name, validation, test, classNames, photos, size, resize, remarks);
    }

    /**
     * The same photos with labels of a network's classes, by name. Where those are just 0, 1, 2 …, as in published weights, and
     * no folder is called by a number, as many folders are taken in their order, and {@link #remarks} says so.
     *
     * @throws IllegalArgumentException if a photo's class is not among them, naming its folder
     */
    public ImageFolder labelledAs(List<String> names) {
        boolean nameless = ClassNames.areNumbers(names) && classNames.stream().noneMatch(ClassNames::isNumber);
        if (nameless && names.size() == classNames.size()) {
            List<String> said = new ArrayList<>(remarks);
            said.add(
                    "photos " + name + ": the network's classes have no names, just numbers; folders are taken in their"
                            + " order, from 0 for " + classNames.get(0) + " to " + (names.size() - 1) + " for "
                            + classNames.get(names.size() - 1));
            return new ImageFolder(name, validation, test, classNames, photos, size, resize, said);
        }
        int[] places = ClassNames.places(classNames, names);
        List<Photo> labelled = new ArrayList<>();
        for (Photo each : photos) {
            if (places[each.label()] < 0) {
                throw new IllegalArgumentException(
                        "photos " + FileNames.path(each.file().getParent()) + ": "
                                + (nameless
                                        ? "the network's classes have no names, only " + names.size()
                                                + " numbers, and there are " + classNames.size()
                                                + " folders; use as many folders as classes, in their order"
                                        : ClassNames.missing(classNames.get(each.label()), names)
                                                + "; name the folder as the class, or remove it"));
            }
            labelled.add(new Photo(each.file(), places[each.label()], each.bytes()));
        }
        return new ImageFolder(name, validation, test, List.copyOf(names), labelled, size, resize, remarks);
    }

    /**
     * The same photos, with those in their places that were there once and could not be read, so that the order of the others is
     * what it was. They cannot be read now either.
     *
     * @param gone as {@link #fingerprint(int)} gave them; those that are still there count for nothing
     */
    public ImageFolder withRemoved(List<String> gone) {
        Map<String, Photo> all = new TreeMap<>(); // by name, as they are listed
        photos.forEach(each -> all.put(key(each), each));
        for (String each : gone) {
            int slash = each.indexOf('/');
            int space = each.lastIndexOf(' ');
            photos.stream()
                    .filter(photo -> FileNames.of(photo.file().getParent()).equals(each.substring(0, slash)))
                    .findFirst()
                    .ifPresent(other -> {
                        Path file = other.file().resolveSibling(each.substring(slash + 1, space));
                        Photo removed = new Photo(file, other.label(), Long.parseLong(each.substring(space + 1)));
                        all.putIfAbsent(key(removed), removed);
                    });
        }
        return new ImageFolder(name, validation, test, classNames, List.copyOf(all.values()), size, resize, remarks);
    }

    private static String key(Photo photo) {
        return String.format(Locale.ROOT, "%09d", photo.label()) + FileNames.of(photo.file());
    }

    /** Whether they are those of a folder {@code val}, {@code valid} or {@code validation}. */
    public boolean isValidation() {
        return validation;
    }

    /** The folder with images to test on that lies beside these to validate on, if there is one. */
    public Optional<Path> testBeside() {
        return Optional.ofNullable(test);
    }

    /** Where photo {@code index} lies. */
    public Path file(int index) {
        return photos.get(index).file();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return photos.size();
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
        return photos.get(index).label();
    }

    @Override
    public boolean cutsPhotos() {
        return true;
    }

    /** CRC-32 of the files' names, with their class's, and sizes. */
    @Override
    public synchronized String fingerprint() {
        sizes = photos.stream().mapToLong(Photo::size).toArray();
        CRC32 sum = new CRC32();
        for (int i = 0; i < sizes.length; i++) {
            sum.update((fingerprint(i) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return String.format("%08x", sum.getValue());
    }

    /** The file's name, with its class's, and its size: as it went into {@link #fingerprint()}, if that was asked for. */
    @Override
    public synchronized String fingerprint(int index) {
        Photo photo = photos.get(index);
        return photo.name() + " " + (sizes == null ? photo.size() : sizes[index]);
    }

    @Override
    public void check(int index) {
        PhotoCheck.check(file(index));
    }

    /** @throws ImageException if the photo cannot be read, naming it */
    @Override
    public void copyPixels(int index, MemorySegment target, long offset) {
        copyPixels(index, Crop.CENTRE, target, offset);
    }

    @Override
    public void copyPixels(int index, Crop crop, MemorySegment target, long offset) {
        byte[] planes =
                read(file(index), size, resize, crop).withChannels(CHANNELS).toBytes();
        byte[] pixels = new byte[planes.length];
        int plane = size * size;
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = planes[i % CHANNELS * plane + i / CHANNELS];
        }
        MemorySegment.copy(pixels, 0, target, ValueLayout.JAVA_BYTE, offset, pixels.length);
    }
}
