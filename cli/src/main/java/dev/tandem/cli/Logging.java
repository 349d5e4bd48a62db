package dev.tandem.cli;

import java.util.Arrays;

/** Log lines: to standard error, short. The rest is in {@code simplelogger.properties}. */
final class Logging {
    private Logging() {}

    /** Must come before the first logger is made. */
    static void configure(String[] arguments) {
        if (Arrays.asList(arguments).contains("--debug")) {
            System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "debug");
        }
    }
}
