package dev.tandem.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tandem.cli.CheckEvent.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A Java of its own for one job: what breaks a device or the process itself breaks nothing else. It ends with its starter, whatever
 * happens to that, since it waits for its standard input to end.
 */
final class CheckProcess implements AutoCloseable {
    private static final int SIGNAL_BASE = 128;

    private final BlockingQueue<CheckEvent> events = new LinkedBlockingQueue<>();
    private final Process process;
    private final Path log;

    /**
     * @param folder of the report; Java's own report goes there if it crashes
     * @param log file that everything goes to that is no event
     */
    CheckProcess(CheckJob job, Path folder, Path log) {
        this.log = log;
        try {
            process = new ProcessBuilder(command(folder))
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("gpu-check: its process cannot be started: " + e.getMessage(), e);
        }
        try {
            OutputStream in = process.getOutputStream();
            in.write((new ObjectMapper().writeValueAsString(job) + "\n").getBytes(StandardCharsets.UTF_8));
            in.flush();
        } catch (IOException e) {
            // It died before it had read its job; the reader says how.
        }
        Thread.ofPlatform().daemon().name("tandem-gpu-check").start(this::read);
    }

    private static List<String> command(Path folder) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (argument.startsWith("--enable-native-access")
                    || argument.startsWith("--add-modules")
                    || argument.startsWith("-Xm")
                    || argument.startsWith("-XX:+Use")) {
                command.add(argument);
            }
        }
        for (String name : System.getProperties().stringPropertyNames()) {
            if (name.startsWith("tandem.")) { // where backends find their libraries
                command.add("-D" + name + "=" + System.getProperty(name));
            }
        }
        command.add("-XX:ErrorFile=" + folder.resolve("java-crash-%p.log"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), CheckWorker.class.getName()));
        return command;
    }

    private void read() {
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                CheckEvent event = CheckEvents.parse(line);
                if (event == null) {
                    Files.writeString(log, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                } else {
                    events.add(event);
                }
            }
        } catch (IOException e) {
            // The end, as below.
        }
        events.add(new CheckEvent(Kind.ENDED, null, ending(), null));
    }

    private String ending() {
        try {
            int code = process.waitFor();
            return code > SIGNAL_BASE
                    ? "its process was ended by signal " + (code - SIGNAL_BASE)
                    : "its process ended with exit code " + code;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "its process ended";
        }
    }

    /** What it says next; null if it says nothing for so long. */
    CheckEvent next(long timeoutMillis) {
        try {
            return events.poll(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    /** Ends it. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS); // a driver that hangs keeps it longer
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
