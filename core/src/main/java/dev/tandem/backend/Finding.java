package dev.tandem.backend;

/**
 * One thing that a backend looked at on this machine: for people who want to know why something fails or is slow.
 *
 * @param subject what was looked at, in a word or two
 * @param text what was found and, unless it is fine, how to mend it; one line
 */
public record Finding(Level level, String subject, String text) {
    public enum Level {
        OK,
        /** It works, but slower or with less than it could. */
        WARN,
        /** It does not work. */
        FAIL
    }

    public static Finding ok(String subject, String text) {
        return new Finding(Level.OK, subject, text);
    }

    public static Finding warn(String subject, String text) {
        return new Finding(Level.WARN, subject, text);
    }

    public static Finding fail(String subject, String text) {
        return new Finding(Level.FAIL, subject, text);
    }
}
