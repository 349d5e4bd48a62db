package dev.tandem.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them, and names as a shell does. */
final class Format {
    private Format() {}

    /** {@code 61,706}. */
    static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** {@code 1 epoch}, {@code 2 epochs}. */
    static String counted(long number, String one) {
        return grouped(number) + " " + one + (number == 1 ? "" : "s");
    }

    /** {@code 61.7 k}, {@code 1.81 G}: three digits and a prefix. */
    static String scaled(double number) {
        String[] prefixes = {"", " k", " M", " G", " T"};
        int prefix = 0;
        while (number >= 999.5 && prefix < prefixes.length - 1) {
            number /= 1000;
            prefix++;
        }
        String format = prefix == 0 || number >= 99.95 ? "%.0f%s" : number >= 9.995 ? "%.1f%s" : "%.2f%s";
        return String.format(Locale.ROOT, format, number, prefixes[prefix]);
    }

    /** {@code 1.5 GiB}. */
    static String bytes(long bytes) {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        double number = bytes;
        int unit = 0;
        while (number >= 1024 && unit < units.length - 1) {
            number /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 || number >= 99.95 ? "%.0f %s" : "%.1f %s", number, units[unit]);
    }

    /** {@code 99.12 %} of a share of 0 to 1. */
    static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f %%", 100 * share);
    }

    /** {@code 4.2 s}, {@code 3 min 05 s}, {@code 2 h 07 min}. */
    static String seconds(double seconds) {
        Duration duration = Duration.ofSeconds(Math.round(seconds));
        if (seconds < 59.95) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        return duration.toHours() == 0
                ? String.format(Locale.ROOT, "%d min %02d s", duration.toMinutes(), duration.toSecondsPart())
                : String.format(Locale.ROOT, "%d h %02d min", duration.toHours(), duration.toMinutesPart());
    }

    /** A path as one word of a command line, in quotes where it needs them. */
    static String word(Path path) {
        String text = path.toString();
        return text.matches("[\\p{L}\\p{N}./_:@%+=,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    /** Rounded to a number of digits after the point, for JSON that people read too. */
    static double rounded(double number, int digits) {
        double factor = Math.pow(10, digits);
        return Double.isFinite(number) ? Math.round(number * factor) / factor : number;
    }
}
