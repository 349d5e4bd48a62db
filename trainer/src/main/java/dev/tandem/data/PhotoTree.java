package dev.tandem.data;

import dev.tandem.data.image.FileNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How the folders of a data set are arranged. A folder that holds photos is a class, whatever it is called; {@code train}, {@code
 * val} and {@code test} are parts of the data set if they hold folders of photos.
 *
 * @param train the folder that holds the classes to train on: its own, or the whole; null if there are no photos to train on
 * @param validation null if there is none; {@code test} likewise
 * @param classes folders to train on
 */
record PhotoTree(Path train, Path validation, Path test, List<Path> classes, List<String> remarks) {
    private static final Set<String> TRAIN = Set.of("train", "training");
    private static final Set<String> VALIDATION = Set.of("val", "valid", "validation");
    private static final Set<String> TEST = Set.of("test", "testing");
    private static final int NAMES_LISTED = 5;

    /** @throws IllegalArgumentException if folders can be taken in two ways */
    static PhotoTree of(Path folder) {
        List<Path> folders = ClassFolder.foldersIn(folder);
        List<Path> plain = folders.stream().filter(ClassFolder::holdsPhotos).toList();
        List<Path> parts = folders.stream()
                .filter(each -> isNamed(each, TRAIN) || isNamed(each, VALIDATION) || isNamed(each, TEST))
                .filter(PhotoTree::holdsClasses)
                .toList();
        Path train = only(parts, TRAIN, "to train on");
        Path validation = only(parts, VALIDATION, "to validate on");
        Path test = only(parts, TEST, "to test on");
        List<Path> beside = plain.stream().filter(each -> !parts.contains(each)).toList();
        requireClear(parts, plain, beside);
        List<String> remarks = new ArrayList<>();
        if (train != null) {
            List<Path> unused = folders.stream()
                    .filter(each -> beside.contains(each) || (!parts.contains(each) && holdsClasses(each)))
                    .toList();
            if (!unused.isEmpty()) {
                remarks.add("photos " + FileNames.path(folder) + ": not used, since they lie beside "
                        + FileNames.of(train) + ": " + names(unused));
            }
            return new PhotoTree(train, validation, test, ClassFolder.foldersIn(train), remarks);
        }
        beside.stream()
                .filter(each -> isNamed(each, TRAIN) || isNamed(each, VALIDATION) || isNamed(each, TEST))
                .forEach(each -> remarks.add("photos " + FileNames.path(each)
                        + ": it is taken for a class, since photos lie in it and not in folders of classes"));
        List<Path> classes =
                folders.stream().filter(each -> !parts.contains(each)).toList();
        return beside.isEmpty()
                ? new PhotoTree(null, validation, test, List.of(), remarks)
                : new PhotoTree(folder, validation, test, classes, remarks);
    }

    private static boolean isNamed(Path folder, Set<String> names) {
        return names.contains(FileNames.of(folder).toLowerCase(Locale.ROOT));
    }

    private static boolean holdsClasses(Path folder) {
        return ClassFolder.foldersIn(folder).stream().anyMatch(ClassFolder::holdsPhotos);
    }

    /** The one of some names; null if there is none. A link to another of them is no second one. */
    private static Path only(List<Path> parts, Set<String> names, String purpose) {
        Set<Path> places = new HashSet<>();
        List<Path> found = parts.stream()
                .filter(each -> isNamed(each, names) && places.add(place(each)))
                .toList();
        if (found.size() > 1) {
            throw new IllegalArgumentException(
                    "photos " + FileNames.path(found.get(0).getParent()) + ": "
                            + names(found) + " all hold photos " + purpose
                            + ", and only one can be used; keep one, or move the others out of the folder");
        }
        return found.isEmpty() ? null : found.get(0);
    }

    private static Path place(Path folder) {
        try {
            return folder.toRealPath();
        } catch (IOException e) {
            return folder;
        }
    }

    /** A part that holds photos itself might be a class with folders in it, if other classes lie beside it. */
    private static void requireClear(List<Path> parts, List<Path> plain, List<Path> beside) {
        Optional<Path> both = parts.stream().filter(plain::contains).findFirst();
        if (both.isPresent() && !beside.isEmpty()) {
            throw new IllegalArgumentException("photos " + FileNames.path(both.get())
                    + ": it holds photos, as a class does, and folders of photos, as a part of the data does; beside it lie "
                    + names(beside) + "; move the photos or the folders out of it");
        }
    }

    static String names(List<Path> paths) {
        String first = paths.stream().limit(NAMES_LISTED).map(FileNames::of).collect(Collectors.joining(", "));
        return paths.size() <= NAMES_LISTED ? first : first + " and " + (paths.size() - NAMES_LISTED) + " more";
    }

    /** The folder of a part; of the test images that to validate on, where there is no other, as in ImageNet. */
    Optional<Path> part(Split split) {
        return Optional.ofNullable(
                split == Split.TRAIN ? train : split == Split.VALIDATION || test == null ? validation : test);
    }
}
