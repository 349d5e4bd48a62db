package dev.tandem.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringJoiner;

/**
 * A contender's end of the line protocol: one command a line on standard input, one JSON object a line on standard output.
 *
 * <table>
 *   <caption>Commands</caption>
 *   <tr><th>command</th><th>answer</th></tr>
 *   <tr><td>{@code step K}</td><td>{@code {"millis": [K step times], "loss": last step's}}</td></tr>
 *   <tr><td>{@code rss}</td><td>{@code {"peakRssKiB": VmHWM of /proc/self/status}}</td></tr>
 *   <tr><td>{@code quit}, or end of input</td><td>none; the program ends</td></tr>
 * </table>
 *
 * <p>Between commands the program blocks in a read. Any language may speak this; see {@code benchmarks/python/contender.py}.
 */
public final class ContenderServer {
    private ContenderServer() {}

    /** Answers until {@code quit} or the end of the input. */
    public static void serve(Contender contender, InputStream commands, PrintStream answers) throws IOException {
        var reader = new BufferedReader(new InputStreamReader(commands, StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null && !line.equals("quit"); line = reader.readLine()) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "step" -> answers.println(step(contender, Integer.parseInt(words[1])));
                case "rss" -> answers.println("{\"peakRssKiB\": " + peakRssKiB() + "}");
                default ->
                    throw new IllegalArgumentException("Unknown command '" + line + "'; send step K, rss or quit");
            }
            answers.flush();
        }
    }

    private static String step(Contender contender, int steps) {
        var millis = new StringJoiner(", ", "[", "]");
        float loss = Float.NaN;
        for (int i = 0; i < steps; i++) {
            long start = System.nanoTime();
            loss = contender.step();
            millis.add(Double.toString((System.nanoTime() - start) / 1e6));
        }
        // JSON has no NaN, so the loss travels as text.
        return "{\"millis\": " + millis + ", \"loss\": \"" + loss + "\"}";
    }

    private static long peakRssKiB() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IOException("/proc/self/status has no VmHWM line; peak memory is read on Linux only");
    }
}
