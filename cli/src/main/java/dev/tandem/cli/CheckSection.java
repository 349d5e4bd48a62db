package dev.tandem.cli;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What {@code gpu-check} looks at, in this order. */
enum CheckSection {
    /** Whether the device opens, and what it and its libraries are. Always looked at. */
    MACHINE("Machine"),
    /** Every operation against the reference. */
    CONFORMANCE("Conformance: every operation against the double-precision reference"),
    /** LeNet-5, on the device and on the CPU. */
    TRAINING("Training: LeNet-5, on the device and on the CPU"),
    /** Whether memory stays the same over many steps. */
    FLATNESS("Memory over many training steps of LeNet-5"),
    /** How fast the benchmark's networks train. */
    THROUGHPUT("Throughput: training steps on random images");

    private final String title;

    CheckSection(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
