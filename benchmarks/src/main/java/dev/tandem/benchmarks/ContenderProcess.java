package dev.tandem.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The driver's end of the line protocol: a contender in a process of its own, idle until it is asked. */
final class ContenderProcess implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What {@code step K} answers. */
    record Steps(List<Double> millis, String loss) {}

    private final List<String> command;
    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;
    private final double firstStepMillis;

    /** Starts the program and runs one step, timed from just before the process exists to its answer. */
    ContenderProcess(List<String> command) {
        this.command = command;
        long start = System.nanoTime();
        try {
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot start " + shortCommand(), e);
        }
        commands = process.outputWriter();
        answers = process.inputReader();
        step(1);
        firstStepMillis = (System.nanoTime() - start) / 1e6;
    }

    double firstStepMillis() {
        return firstStepMillis;
    }

    Steps step(int steps) {
        JsonNode answer = ask("step " + steps);
        List<Double> millis = StreamSupport.stream(answer.get("millis").spliterator(), false)
                .map(JsonNode::asDouble)
                .toList();
        return new Steps(millis, answer.get("loss").asText());
    }

    double peakRssMiB() {
        return ask("rss").get("peakRssKiB").asLong() / 1024.0;
    }

    private JsonNode ask(String line) {
        try {
            commands.write(line + "\n");
            commands.flush();
            String answer = answers.readLine();
            if (answer == null) {
                throw new IOException("it ended before it answered '" + line + "'; its standard error says why");
            }
            return JSON.readTree(answer);
        } catch (IOException e) {
            close();
            throw new UncheckedIOException("Contender " + shortCommand() + ": " + e.getMessage(), e);
        }
    }

    /** The command without the class path, which would fill the screen. */
    private String shortCommand() {
        return command.stream()
                .map(word -> word.contains(File.pathSeparator) ? "…" : word)
                .collect(Collectors.joining(" "));
    }

    /** Asks the program to end, and ends it if it has not after ten seconds. */
    @Override
    public void close() {
        try {
            commands.write("quit\n");
            commands.close();
        } catch (IOException ended) {
            // It is gone already, which is what we want.
        }
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
