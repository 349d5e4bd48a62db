package dev.tandem.cli;

import dev.tandem.cli.CheckEvent.Kind;
import dev.tandem.cli.CheckReport.Remark;
import dev.tandem.cli.CheckReport.Section;
import dev.tandem.cli.CheckReport.State;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Runs the sections one after the other, each in a process of its own, and writes down what they tell at once. A process that
 * dies or loses the device is followed by another one for what is left of its section.
 */
final class CheckRun {
    static final String LOG = "gpu-check.log";

    private static final long POLL_MILLIS = 200;
    private static final long PROGRESS_NANOS = 10_000_000_000L;
    /** A process that says nothing for so long hangs. */
    private static final long STALL_NANOS = 900_000_000_000L;

    private static final int MOST_LOSSES = 25;

    private final Console console;
    private final CheckReport report;
    private final CheckSettings settings;
    private final long deadlineNanos;
    private volatile boolean interrupted;

    /** @param limitSeconds for all of it; null for as long as it takes */
    CheckRun(Console console, CheckReport report, CheckSettings settings, Long limitSeconds) {
        this.console = console;
        this.report = report;
        this.settings = settings;
        long limit = limitSeconds == null ? Long.MAX_VALUE / 4 : limitSeconds * 1_000_000_000L;
        this.deadlineNanos = System.nanoTime() + limit;
    }

    /** Asks it to stop. From any thread. */
    void interrupt() {
        interrupted = true;
    }

    /** Fills the report. */
    void run() {
        State stopped = null;
        for (Map.Entry<CheckSection, Section> entry : report.sections().entrySet()) {
            stopped = run(entry.getKey(), entry.getValue());
            boolean useless = entry.getKey() == CheckSection.MACHINE && entry.getValue().state == State.FAILED;
            if (stopped != null || useless) {
                break;
            }
        }
        report.end(stopped);
    }

    /** Why everything stops with it; null if it does not. */
    private State run(CheckSection name, Section section) {
        console.note(name + ": " + name.title());
        section.state = State.RUNNING;
        report.save();
        long start = System.nanoTime();
        Set<String> done = new LinkedHashSet<>();
        State state = State.FAILED;
        boolean again = true;
        while (again) {
            int before = done.size();
            state = new Turn(name, section, done, start).run();
            again = state == State.FAILED && done.size() > before;
            if (again && section.losses.size() >= MOST_LOSSES) {
                section.fail(name.toString(), "given up: the device was lost " + MOST_LOSSES + " times");
                again = false;
            }
        }
        section.end(name, state, (System.nanoTime() - start) / 1e9);
        report.save();
        console.note(name + ": " + section.state.words() + ", " + CheckReportText.counts(section));
        return state == State.INTERRUPTED || state == State.TIME_UP ? state : null;
    }

    /** One process, up to its end. */
    private final class Turn {
        private final CheckSection name;
        private final Section section;
        private final Set<String> done;
        private final long start;
        private String current; // the item that has begun and not ended
        private long lastEvent = System.nanoTime();
        private long lastProgress = System.nanoTime();
        private boolean currentFailed;
        private boolean lost;

        Turn(CheckSection name, Section section, Set<String> done, long start) {
            this.name = name;
            this.section = section;
            this.done = done;
            this.start = start;
        }

        /** PASSED if it came to its end, FAILED if it died before, or why it was stopped. */
        State run() {
            Path log = report.folder().resolve(LOG);
            try (CheckProcess process = new CheckProcess(new CheckJob(name, settings, done), report.folder(), log)) {
                while (true) {
                    if (interrupted) {
                        return State.INTERRUPTED;
                    }
                    if (System.nanoTime() > deadlineNanos) {
                        return State.TIME_UP;
                    }
                    CheckEvent event = process.next(POLL_MILLIS);
                    if (event == null) {
                        if (System.nanoTime() - lastEvent > STALL_NANOS) {
                            died("nothing was heard for " + Format.seconds(STALL_NANOS / 1e9) + "; it was ended");
                            return State.FAILED;
                        }
                    } else if (event.kind() == Kind.COMPLETE) {
                        return State.PASSED;
                    } else if (event.kind() == Kind.ENDED && !interrupted) {
                        if (!lost) {
                            died(event.text() + " (" + log + " has what it said)");
                        }
                        return State.FAILED;
                    } else {
                        lastEvent = System.nanoTime();
                        take(event);
                    }
                    progress();
                }
            }
        }

        private void died(String how) {
            fail(current == null ? name.toString() : current, how);
            leaveCurrent();
        }

        private void fail(String item, String text) {
            currentFailed = true;
            section.fail(item, text);
            console.note(name + ": FAILED " + item + ": " + text);
            report.save();
        }

        private void leaveCurrent() {
            if (name != CheckSection.MACHINE) { // after which nothing goes on
                section.losses.add(current == null ? name.toString() : current);
            }
            endCurrent();
        }

        private void endCurrent() {
            if (current != null) {
                done.add(current);
                current = null;
            }
        }

        @SuppressWarnings("unchecked")
        private void take(CheckEvent event) {
            section.seconds = Format.rounded((System.nanoTime() - start) / 1e9, 2);
            switch (event.kind()) {
                case BEGIN -> {
                    current = event.item();
                    currentFailed = false;
                }
                case END -> endCurrent();
                case PASS -> pass(event);
                case SKIP -> section.skip(event.item());
                case FAIL -> fail(event.item(), event.text());
                case ROW -> {
                    section.rows.add((Map<String, Object>) event.value());
                    report.save();
                }
                case FACT -> {
                    section.facts.put(event.item(), event.value());
                    report.saveNowAndThen();
                }
                case NOTE -> console.note(name + ": " + event.text());
                case LOST -> lost(event.text());
                default -> {}
            }
        }

        private void lost(String text) {
            lost = true;
            if (!currentFailed) {
                fail(current == null ? name.toString() : current, text);
            }
            leaveCurrent();
        }

        private void pass(CheckEvent event) {
            section.pass(event.item());
            if (event.text() == null) {
                report.saveNowAndThen();
            } else {
                section.checks.add(new Remark(event.item(), event.text()));
                console.note(name + ": " + event.item() + ": " + event.text());
                report.save();
            }
        }

        private void progress() {
            if (System.nanoTime() - lastProgress > PROGRESS_NANOS) {
                lastProgress = System.nanoTime();
                console.note(name + ": " + CheckReportText.counts(section) + (current == null ? "" : "; " + current));
            }
        }
    }
}
