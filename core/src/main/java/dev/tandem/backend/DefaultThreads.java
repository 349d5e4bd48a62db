package dev.tandem.backend;

import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The CPU threads that a device takes unless it is told: those that {@code OMP_NUM_THREADS} asks for, as in every program on
 * OpenMP, or every core that the process may use, where Java honours the limits of containers.
 */
final class DefaultThreads {
    private static final Logger LOG = LoggerFactory.getLogger(DefaultThreads.class);
    private static final String VARIABLE = "OMP_NUM_THREADS";
    private static final OptionalInt ASKED = asked();

    private DefaultThreads() {}

    static int count() {
        return ASKED.orElseGet(Runtime.getRuntime()::availableProcessors);
    }

    private static OptionalInt asked() {
        String value = System.getenv().getOrDefault(VARIABLE, "");
        OptionalInt threads = parse(value);
        if (threads.isEmpty() && !value.isBlank()) {
            LOG.warn(
                    "{}={}: not a number of threads, so every core is used; give 1 or more, such as {}=4",
                    VARIABLE,
                    value,
                    VARIABLE);
        }
        return threads;
    }

    /** Of OpenMP's list, a number for each level of nested loops, the first; empty if that is no number of threads. */
    static OptionalInt parse(String value) {
        String first = value.split(",", 2)[0].strip();
        if (!first.matches("\\+?0*[1-9]\\d{0,5}")) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(Integer.parseInt(first));
    }
}
