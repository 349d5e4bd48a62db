package dev.tandem.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the operating system knows of this process. */
final class ThisProcess {
    private ThisProcess() {}

    static double secondsSinceStart() {
        return (System.currentTimeMillis()
                        - ManagementFactory.getRuntimeMXBean().getStartTime())
                / 1e3;
    }

    /** The most memory that was in use at once, as Linux tells it; 0 elsewhere. */
    static long peakResidentBytes() {
        return status("VmHWM:");
    }

    /** The memory that is in use now, as Linux tells it; 0 elsewhere. */
    static long residentBytes() {
        return status("VmRSS:");
    }

    private static long status(String name) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith(name))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }
}
