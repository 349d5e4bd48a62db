package dev.tandem.nn;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** For messages: which of the names there are somebody may have meant. */
public final class NearestNames {
    private NearestNames() {}

    /** The nearest first, by Levenshtein's distance; at most {@code count}. */
    public static List<String> of(String name, Collection<String> known, int count) {
        return known.stream()
                .sorted(Comparator.comparingInt(each -> distance(each, name)))
                .limit(count)
                .toList();
    }

    /** The nearest, if it is near enough to have been meant: half of it may be other than what was written. */
    public static Optional<String> like(String name, Collection<String> known) {
        return of(name, known, 1).stream()
                .filter(nearest -> distance(nearest, name) <= Math.max(name.length(), nearest.length()) / 2)
                .findFirst();
    }

    /** Insertions, deletions and replacements from one word to the other. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
