package dev.tandem.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tandem.io.AtomicFile;
import dev.tandem.io.BrokenFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

    private final Path folder;
    private Checkpoint read; // that the next to ask need not read anew
    private Path readFrom; // the newest file then, which may have been damaged
    private boolean fresh; // made for a new run, which has not begun
    private String configText; // for checkpoints; null if there is none
    private RunLock lock; // null while nobody holds it
    private Thread holder;

    private RunFolder(Path folder) {
        this.folder = folder;
    }

    /** Keeps a run folder for whoever has it, until closed. */
    public interface Hold extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * A folder for a new run, made if it is missing.
     *
     * @throws IllegalArgumentException if it holds a run already, or cannot be written
     * @throws RunInUseException if somebody trains in it
     */
    public static RunFolder create(Path folder) {
        requireFree(folder);
        RunFolder run = new RunFolder(folder);
        run.fresh = true;
        run.prepare();
        return run;
    }

    /**
     * Whether a new run may begin in a folder, before any time is spent. Nothing is made.
     *
     * @throws IllegalArgumentException if it holds a run already, or cannot be written
     * @throws RunInUseException if somebody trains in it
     */
    public static void requireFree(Path folder) {
        RunLock.requireFree(folder);
        new RunFolder(folder).requireNoRun();
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

    private void requireNoRun() {
        if (Files.exists(config()) && !hasCheckpoint() && !Files.exists(finalWeights())) {
            throw new IllegalArgumentException("run folder " + folder + ": it holds a run already, which has no"
                    + " checkpoint; begin it anew as it was (--resume), delete the folder if it failed, or choose another"
                    + " (--run)");
        }
        if (Files.exists(config()) || hasCheckpoint()) {
            throw new IllegalArgumentException("run folder " + folder
                    + ": it holds a run already; go on with it (--resume) or choose another folder (--run)");
        }
    }

    /**
     * A folder that holds a run to go on with; one that was stopped before its first checkpoint begins anew.
     *
     * @throws IllegalArgumentException if it holds none
     * @throws RunInUseException if somebody trains in it
     */
    public static RunFolder open(Path folder) {
        RunFolder run = new RunFolder(folder);
        if (!run.hasCheckpoint() && !Files.exists(run.config())) {
            throw new IllegalArgumentException("run folder " + folder + ": there is no checkpoint to resume from in "
                    + run.checkpointFolder() + "; start without --resume");
        }
        run.prepare();
        return run;
    }

    /** A folder to read from. Nothing is checked or made. */
    public static RunFolder at(Path folder) {
        return new RunFolder(folder);
    }

    /** Clears away what killed processes left, and makes sure that the folder can be written. */
    private void prepare() {
        try {
            Files.createDirectories(checkpointFolder());
            try (RunLock taken = RunLock.take(folder)) {
                AtomicFile.deleteRemains(folder);
                AtomicFile.deleteRemains(checkpointFolder());
                if (!hasCheckpoint()) {
                    MetricsFile.cut(metrics(), 0);
                }
            }
        } catch (IOException e) {
            throw notWritable(e);
        }
    }

    /**
     * Keeps the folder for the calling thread, until what is returned is closed; the thread may ask again. A {@link Trainer} does so
     * while it runs. A lock on a file in the folder, which ends with the process, keeps others away.
     *
     * @throws RunInUseException if somebody else has it, naming the process
     * @throws IllegalArgumentException if it was made for a new run, and another one has begun there since
     */
    public synchronized Hold hold() {
        if (lock != null && holder == Thread.currentThread()) {
            return () -> {};
        }
        RunLock taken;
        try {
            taken = RunLock.take(folder);
        } catch (IOException e) {
            throw notWritable(e);
        }
        boolean free = false;
        try {
            if (fresh) {
                requireNoRun();
            }
            free = true;
        } finally {
            if (!free) {
                taken.close();
            }
        }
        fresh = false;
        lock = taken;
        holder = Thread.currentThread();
        return this::release;
    }

    private synchronized void release() {
        if (lock != null) {
            lock.close();
            lock = null;
            holder = null;
        }
    }

    private IllegalArgumentException notWritable(IOException e) {
        return new IllegalArgumentException(
                "run folder " + folder + ": it cannot be written (" + reason(e) + "); choose another with --run", e);
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
        Checkpoint newest = peek();
        read = null;
        return newest;
    }

    /** As above, and kept for the trainer that goes on from it. */
    private Checkpoint peek() {
        List<Path> files = checkpoints();
        if (read == null || !files.get(0).equals(readFrom)) {
            readFrom = files.get(0);
            read = readNewest(files);
        }
        return read;
    }

    private static Checkpoint readNewest(List<Path> files) {
        BrokenFileException last = null;
        for (Path file : files) {
            try {
                return Checkpoint.read(file);
            } catch (BrokenFileException e) {
                LOG.warn("{}; trying the checkpoint before it", e.getMessage());
                last = e;
            }
        }
        throw new BrokenFileException(
                last.file(),
                "as all checkpoints of the run it is damaged; start a new run, from its best.safetensors if that is whole",
                last);
    }

    /** What network the newest checkpoint is of, and for which images; none if there is no checkpoint. */
    public Optional<NetworkSpec> networkSpec() {
        return hasCheckpoint()
                ? Optional.of(NetworkSpec.fromMetadata(peek().file(), peek().values()))
                : Optional.empty();
    }

    /** How many steps were done at the newest checkpoint; 0 if there is none. */
    public long stepsDone() {
        return hasCheckpoint() ? peek().number("step") : 0;
    }

    /**
     * Which photos the newest checkpoint's training could not read, for {@link dev.tandem.data.ImageFolder#withRemoved}; none if
     * there is no checkpoint.
     */
    public List<String> brokenPhotos() {
        return hasCheckpoint()
                ? peek().values().getOrDefault(RunData.BROKEN, "").lines().toList()
                : List.of();
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

    /** Also goes into the checkpoints from now on. */
    public void writeConfig(Map<String, ?> config) {
        try (Hold held = hold()) {
            configText = new YAMLMapper().writeValueAsString(config);
            AtomicFile.write(config(), configText);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(config() + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** What was written to {@link #config} by this object; null if nothing was. */
    String configText() {
        return configText;
    }

    /**
     * What {@link #writeConfig} wrote.
     *
     * @throws BrokenFileException if it is damaged
     */
    public Map<String, Object> readConfig() {
        try {
            String text = Files.readString(config());
            if (!text.isEmpty() && !text.endsWith("\n")) { // it may say nu for null
                throw new BrokenFileException(config().toString(), "its last line is not whole");
            }
            return parse(config().toString(), text);
        } catch (CharacterCodingException e) {
            throw new BrokenFileException(config().toString(), "it is no text");
        } catch (IOException e) {
            throw new UncheckedIOException(config() + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** What the newest checkpoint has of {@link #writeConfig}, in case the file is damaged. */
    public Optional<Map<String, Object>> configInCheckpoint() {
        return hasCheckpoint() && peek().values().containsKey(Checkpoint.CONFIG)
                ? Optional.of(parse(peek().file(), peek().value(Checkpoint.CONFIG)))
                : Optional.empty();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> parse(String file, String text) {
        try {
            Map<String, Object> config = new YAMLMapper().readValue(text, Map.class);
            if (config != null) {
                return config;
            }
        } catch (JsonProcessingException e) {
            throw new BrokenFileException(file, "it is no YAML: " + firstLine(e.getOriginalMessage()) + place(e));
        }
        throw new BrokenFileException(file, "it is empty");
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse("");
    }

    private static String place(JsonProcessingException e) {
        return e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")";
    }

    /** Whether a run began here; its weights alone say nothing of it. */
    public boolean holdsRun() {
        return Files.isRegularFile(config()) || hasCheckpoint();
    }
}
