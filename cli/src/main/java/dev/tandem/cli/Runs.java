package dev.tandem.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The folder {@code runs} where runs lie side by side. */
final class Runs {
    private static final DateTimeFormatter DATE_TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    private Runs() {}

    static Path folder() {
        return Path.of("runs");
    }

    /**
     * Makes {@code runs/20260131-142501-lenet5}, or with a number behind it if there is one: never a folder that another process
     * has made.
     */
    static Path create(Path runs, String model, LocalDateTime now) {
        String name = DATE_TIME.format(now) + "-" + model;
        try {
            Files.createDirectories(runs);
            Path folder = makeNew(runs.resolve(name));
            for (int i = 2; folder == null; i++) {
                folder = makeNew(runs.resolve(name + "-" + i));
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(runs + ": no run folder can be made there: " + e, e);
        }
    }

    /** Null if it is there already. */
    private static Path makeNew(Path folder) throws IOException {
        try {
            return Files.createDirectory(folder);
        } catch (FileAlreadyExistsException e) {
            return null;
        }
    }

    /** The folder of those wanted that was written to last. */
    static Optional<Path> newest(Path runs, Predicate<Path> wanted) {
        if (!Files.isDirectory(runs)) {
            return Optional.empty();
        }
        List<Path> folders;
        try (Stream<Path> all = Files.list(runs)) {
            folders = new ArrayList<>(
                    all.filter(Files::isDirectory).filter(wanted).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(runs + ": cannot be listed: " + e.getMessage(), e);
        }
        return folders.stream().max(Comparator.comparingLong(Runs::lastWritten).thenComparing(Path::compareTo));
    }

    private static long lastWritten(Path run) {
        long last = 0;
        for (String name :
                List.of("config.yaml", "metrics.jsonl", "checkpoints", "best.safetensors", "final.safetensors")) {
            try {
                last = Math.max(
                        last, Files.getLastModifiedTime(run.resolve(name)).toMillis());
            } catch (IOException e) {
                // Not there yet.
            }
        }
        return last;
    }
}
