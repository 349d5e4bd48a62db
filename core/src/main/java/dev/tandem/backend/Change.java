package dev.tandem.backend;

import java.util.concurrent.atomic.AtomicLong;

/**
 * That memory was changed in place.
 *
 * @param number above those of all changes and recorded operations before it, see {@link #nextNumber}
 * @param by the method that did it, for messages: {@code set()}
 */
public record Change(long number, String by) {
    private static final AtomicLong LAST_NUMBER = new AtomicLong();

    /** Counts changes and recorded operations together, so that two numbers say which of the two came first. */
    public static long nextNumber() {
        return LAST_NUMBER.incrementAndGet();
    }

    /** The one that came last; nulls are none. */
    static Change later(Change a, Change b) {
        return b == null || a != null && a.number > b.number ? a : b;
    }
}
