package dev.tandem.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tandem.io.AtomicFile;
import dev.tandem.io.BrokenFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a training leaves what outlives it: {@code config.yaml}, {@code metrics.jsonl} (a line an epoch), {@code
 * checkpoints/step-….safetensors} (the last few), {@code best.safetensors} and {@code final.safetensors} (weights).
 */
public final class RunFolder {
    private static final Logger LOG = LoggerFactory.getLogger(RunFolder.class);
    private static final Pattern CHECKPOINT = Pattern.compile("step-(\\d+)\\.safetensors");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private Checkpoint read; // that the next to ask need not read anew

    private RunFolder(Path folder) {
        this.folder = folder;
    }

    /**
     * A folder for a new run, made if it is missing.
     *
     * @throws IllegalArgumentException if it holds a run already, or cannot be written
     */
    public static RunFolder create(Path folder) {
        requireFree(folder);
        RunFolder run = new RunFolder(folder);
        run.prepare();
        return run;
    }

    /**
     * Whether a new run may begin in a folder, before any time is spent. Nothing is made.
     *
     * @throws IllegalArgumentException if it holds a run already, or cannot be written
     */
    public static void requireFree(Path folder) {
        RunFolder run = new RunFolder(folder);
        if (Files.exists(run.config()) && !run.hasCheckpoint() && !Files.exists(run.finalWeights())) {
            throw new IllegalArgumentException("run folder " + folder + ": it holds a run already, which has no"
                    + " checkpoint; begin it anew as it was (--resume), delete the folder if it failed, or choose another"
                    + " (--run)");
        }
        if (Files.exists(run.config()) || run.hasCheckpoint()) {
            throw new IllegalArgumentException("run folder " + folder
                    + ": it holds a run already; go on with it (--resume) or choose another folder (--run)");
        }
        Path there = folder.toAbsolutePath().normalize();
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there) || !Files.isWritable(there)) {
            throw new IllegalArgumentException("run folder " + folder + ": it cannot be written ("
                    + (Files.isDirectory(there)
                            ? there + " is not writable"
                            : there + (Files.exists(there) ? " is a file" : " is not there"))
                    + "); choose another with --run");
        }
    }

    /**
     * A folder that holds a run to go on with; one that was stopped before its first checkpoint begins anew.
     *
     * @throws IllegalArgumentException if it holds none
     */
    public static RunFolder open(Path folder) {
        RunFolder run = new RunFolder(folder);
        if (!run.hasCheckpoint() && !Files.exists(run.config())) {
            throw new IllegalArgumentException("run folder " + folder + ": there is no checkpoint to resume from in "
                    + run.checkpointFolder() + "; start without --resume");
        }
        run.prepare();
        if (!run.hasCheckpoint()) {
            run.cutMetrics(0);
        }
        return run;
    }

    /** A folder to read from. Nothing is checked or made. */
    public static RunFolder at(Path folder) {
        return new RunFolder(folder);
    }

    private void prepare() {
        try {
            Files.createDirectories(checkpointFolder());
            Path probe = Files.createTempFile(folder, ".write", null);
            Files.delete(probe);
            AtomicFile.deleteRemains(folder);
            AtomicFile.deleteRemains(checkpointFolder());
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "run folder " + folder + ": it cannot be written (" + reason(e) + "); choose another with --run",
                    e);
        }
    }

    private static String reason(IOException e) {
        return e.getClass().getSimpleName().replace("Exception", "") + ": " + e.getMessage();
    }

    public Path path() {
        return folder;
    }

    public Path config() {
        return folder.resolve("config.yaml");
    }

    public Path metrics() {
        return folder.resolve("metrics.jsonl");
    }

    public Path best() {
        return folder.resolve("best.safetensors");
    }

    public Path finalWeights() {
        return folder.resolve("final.safetensors");
    }

    Path checkpointFolder() {
        return folder.resolve("checkpoints");
    }

    Path checkpoint(long step) {
        return checkpointFolder().resolve(String.format(Locale.ROOT, "step-%09d.safetensors", step));
    }

    /** Whether there is something to resume from. */
    public boolean hasCheckpoint() {
        return !checkpoints().isEmpty();
    }

    /** Newest first. */
    List<Path> checkpoints() {
        if (!Files.isDirectory(checkpointFolder())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(checkpointFolder())) {
            List<Path> found = new ArrayList<>(files.filter(file ->
                            CHECKPOINT.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList());
            Collections.reverse(found);
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(checkpointFolder() + ": cannot be listed: " + e.getMessage(), e);
        }
    }

    /**
     * The newest checkpoint that is whole; damaged ones are named in the log and passed over.
     *
     * @throws BrokenFileException if all are damaged
     */
    Checkpoint newestCheckpoint() {
        boolean known = read != null && read.file().equals(checkpoints().get(0).toString());
        Checkpoint newest = known ? read : readNewestCheckpoint();
        read = null;
        return newest;
    }

    private Checkpoint readNewestCheckpoint() {
        BrokenFileException last = null;
        for (Path file : checkpoints()) {
            try {
                return Checkpoint.read(file);
            } catch (BrokenFileException e) {
                LOG.warn("{}; trying the checkpoint before it", e.getMessage());
                last = e;
            }
        }
        throw last;
    }

    /**
     * What network the newest checkpoint is of, and for which images; none if there is no checkpoint. It is read for that, and kept
     * for the trainer that goes on from it.
     */
    public Optional<NetworkSpec> networkSpec() {
        if (!hasCheckpoint()) {
            return Optional.empty();
        }
        read = read == null ? readNewestCheckpoint() : read;
        return Optional.of(NetworkSpec.fromMetadata(read.file(), read.values()));
    }

    /**
     * Which photos the newest checkpoint's training could not read, for {@link dev.tandem.data.ImageFolder#withRemoved}; none if
     * there is no checkpoint. It is read for that, as for {@link #networkSpec}.
     */
    public List<String> brokenPhotos() {
        if (!hasCheckpoint()) {
            return List.of();
        }
        read = read == null ? readNewestCheckpoint() : read;
        return read.values().getOrDefault(Trainer.BROKEN, "").lines().toList();
    }

    /** Deletes all but the newest. */
    void keepLast(int count) {
        checkpoints().stream().skip(count).forEach(file -> {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOG.warn("{} could not be deleted: {}", file, e.getMessage());
            }
        });
    }

    /** The step in a checkpoint's name. */
    static Optional<Long> step(Path file) {
        Matcher matcher = CHECKPOINT.matcher(file.getFileName().toString());
        return matcher.matches() ? Optional.of(Long.parseLong(matcher.group(1))) : Optional.empty();
    }

    public void writeConfig(Map<String, ?> config) {
        try {
            write(config(), new YAMLMapper().writeValueAsString(config));
        } catch (IOException e) {
            throw new UncheckedIOException(config() + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** As a whole or not at all, so that a full disk leaves what was there. */
    private static void write(Path file, String text) {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        AtomicFile.write(file, channel -> {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    /** What {@link #writeConfig} wrote. */
    @SuppressWarnings("unchecked")
    public Map<String, Object> readConfig() {
        try {
            return new YAMLMapper().readValue(config().toFile(), Map.class);
        } catch (JsonProcessingException e) {
            throw new BrokenFileException(config().toString(), "it is no YAML: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(config() + ": cannot be read: " + e.getMessage(), e);
        }
    }

    void appendMetrics(Map<String, ?> line) {
        try {
            Files.writeString(
                    metrics(),
                    JSON.writeValueAsString(line) + "\n",
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(metrics() + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** Drops lines of epochs that a resumed run will write anew. */
    void cutMetrics(int fromEpoch) {
        if (!Files.exists(metrics())) {
            return;
        }
        try {
            List<String> kept = new ArrayList<>();
            for (String line : Files.readAllLines(metrics())) {
                if (JSON.readTree(line).path("epoch").asInt(Integer.MAX_VALUE) < fromEpoch) {
                    kept.add(line);
                }
            }
            write(metrics(), kept.stream().map(line -> line + "\n").collect(Collectors.joining()));
        } catch (IOException e) {
            throw new UncheckedIOException(metrics() + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
