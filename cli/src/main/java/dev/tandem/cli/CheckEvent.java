package dev.tandem.cli;

/**
 * What a process of {@code gpu-check} tells the one that started it.
 *
 * @param item what it is about: a test, a network
 * @param text for people; may be null
 * @param value of rows and facts
 */
record CheckEvent(Kind kind, String item, String text, Object value) {
    enum Kind {
        /** An item begins; if nothing ends it, the process died of it. */
        BEGIN,
        END,
        /** Something that was looked at is right; with a text where that is worth reading. */
        PASS,
        SKIP,
        FAIL,
        /** A row of the section's table: names and values. */
        ROW,
        /** A fact of the section by name. */
        FACT,
        /** How it goes. */
        NOTE,
        /** The device answers nothing any more; the process ends after this. */
        LOST,
        /** Everything was done. */
        COMPLETE,
        /** The process has ended; only its starter says this. */
        ENDED
    }
}
