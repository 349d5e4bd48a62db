package dev.tandem.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.tandem.io.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What {@code gpu-check} has found so far. {@link #save} replaces its two files as a whole, so that there is always a good one. */
final class CheckReport {
    static final String JSON = "gpu-check.json";
    static final String TEXT = "gpu-check.md";

    private static final long RARELY_NANOS = 1_000_000_000L;

    /** How far something has come. */
    enum State {
        NOT_RUN("not run"),
        RUNNING("running"),
        PASSED("passed"),
        FAILED("FAILED"),
        INTERRUPTED("interrupted"),
        TIME_UP("out of time");

        private final String words;

        State(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** What was looked at, with what was seen or why not. */
    record Remark(String item, String text) {}

    /** How many tests did what. */
    static final class Counts {
        public int passed;
        public int failed;
        public int skipped;
    }

    /** What is known of a section. Fields are as the JSON file has them. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    static final class Section {
        public State state = State.NOT_RUN;
        public double seconds;
        public int passed;
        public int failed;
        public int skipped;
        /** In what the device or its process was lost: the rest of that was left out, all else went on in a new process. */
        public final List<String> losses = new ArrayList<>();

        /** Of the conformance kit: for each of its classes, which are about an operation each, the numbers of tests. */
        public final Map<String, Counts> operations = new TreeMap<>();

        public final List<Remark> failures = new ArrayList<>();
        public final List<Remark> checks = new ArrayList<>();
        public final Map<String, Object> facts = new LinkedHashMap<>();
        public final List<Map<String, Object>> rows = new ArrayList<>();

        /** The counts of the class that a test {@code Class.method} belongs to; of nothing where it is no test of the kit. */
        Counts operation(String item) {
            int dot = item.indexOf("Conformance.");
            return dot < 0 ? new Counts() : operations.computeIfAbsent(item.substring(0, dot), name -> new Counts());
        }

        void pass(String item) {
            passed++;
            operation(item).passed++;
        }

        void skip(String item) {
            skipped++;
            operation(item).skipped++;
        }

        void fail(String item, String text) {
            failed++;
            operation(item).failed++;
            failures.add(new Remark(item, text));
        }

        /** Whatever failed, it failed, and so did what tested nothing; else it is what it ended as. */
        void end(CheckSection name, State state, double seconds) {
            if (state == State.PASSED && passed == 0 && failed == 0) {
                fail(name.toString(), "nothing was tested; " + Format.counted(skipped, "test") + " skipped");
            }
            this.state = failed > 0 && state == State.PASSED ? State.FAILED : state;
            this.seconds = Format.rounded(seconds, 2);
        }
    }

    private final Path folder;
    private final String device;
    private final String date;
    private final Map<CheckSection, Section> sections = new LinkedHashMap<>();
    private State state = State.RUNNING;
    private long savedAtNanos;

    /** Whether a report is there, or what is left of one. */
    static boolean isIn(Path folder) {
        return Stream.of(JSON, TEXT, CheckRun.LOG).map(folder::resolve).anyMatch(Files::exists);
    }

    /** @param wanted the sections to come */
    CheckReport(Path folder, String device, String date, List<CheckSection> wanted) {
        this.folder = folder;
        this.device = device;
        this.date = date;
        sections.put(CheckSection.MACHINE, new Section());
        wanted.forEach(section -> sections.put(section, new Section()));
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "--out " + folder + ": the folder cannot be made (" + e + "); choose another one", e);
        }
    }

    Path folder() {
        return folder;
    }

    String device() {
        return device;
    }

    String date() {
        return date;
    }

    State state() {
        return state;
    }

    Map<CheckSection, Section> sections() {
        return sections;
    }

    Section section(CheckSection section) {
        return sections.get(section);
    }

    /** @param stopped INTERRUPTED, TIME_UP, or FAILED by an exception; null if all was done */
    void end(State stopped) {
        boolean green = sections.values().stream().allMatch(section -> section.state == State.PASSED);
        state = stopped != null ? stopped : green ? State.PASSED : State.FAILED;
        save();
    }

    /** The end by an exception: what was running has failed of it. */
    void endWith(Throwable cause) {
        sections.forEach((name, section) -> {
            if (section.state == State.RUNNING) {
                section.fail(name.toString(), "gpu-check itself failed: " + cause);
                section.end(name, State.FAILED, section.seconds);
            }
        });
        end(State.FAILED);
    }

    boolean isGreen() {
        return state == State.PASSED;
    }

    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("ok", isGreen());
        map.put("state", state);
        map.put("device", device);
        map.put("tandem", Version.text());
        map.put("date", date);
        map.put("folder", folder.toString());
        Map<String, Section> named = new LinkedHashMap<>();
        sections.forEach((section, known) -> named.put(section.toString(), known));
        map.put("sections", named);
        return map;
    }

    /** Writes both files. */
    void save() {
        savedAtNanos = System.nanoTime();
        write(folder.resolve(JSON), Console.toJson(toMap()) + "\n");
        write(folder.resolve(TEXT), CheckReportText.of(this));
    }

    /** {@link #save}, once a second at most: for what comes by the thousand. */
    void saveNowAndThen() {
        if (System.nanoTime() - savedAtNanos > RARELY_NANOS) {
            save();
        }
    }

    private static void write(Path file, String text) {
        AtomicFile.write(file, (FileChannel channel) -> {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }
}
