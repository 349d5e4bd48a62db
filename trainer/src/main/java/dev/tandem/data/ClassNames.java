package dev.tandem.data;

import java.text.Normalizer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Which of a network's classes those of a data set are: by their names, and folders may be called 1, 2, 3. Two names are one if
 * only their accents are coded in two ways (Unicode's NFC and NFD, which file systems exchange).
 */
final class ClassNames {
    private static final int LISTED = 20;

    private ClassNames() {}

    /** As it is kept and compared. */
    static String of(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFC);
    }

    /** Whether they are 0, 1, 2 … in order: numbers that stand for names nobody gave, as in published weights and IDX files. */
    static boolean areNumbers(List<String> names) {
        return IntStream.range(0, names.size()).allMatch(i -> names.get(i).equals(Integer.toString(i)));
    }

    /** Each name's place among a network's, −1 for none. */
    static int[] places(List<String> names, List<String> network) {
        boolean numbered = areNumbers(network);
        Map<String, Integer> known = new HashMap<>();
        for (int i = 0; i < network.size(); i++) {
            known.putIfAbsent(of(network.get(i)), i);
        }
        return names.stream()
                .map(name -> numbered && isNumber(name) ? name.replaceFirst("^0+(?=.)", "") : of(name))
                .mapToInt(name -> known.getOrDefault(name, -1))
                .toArray();
    }

    static boolean isNumber(String name) {
        return name.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** A network's classes, for messages. */
    static String listed(List<String> names) {
        return names.size() <= LISTED
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, LISTED)) + " and " + (names.size() - LISTED) + " more";
    }

    /** That a class is none of a network's, for messages; with the name that differs in capital letters only, if there is one. */
    static String missing(String name, List<String> network) {
        return "there is no class " + name + ": the network knows " + listed(network)
                + network.stream()
                        .filter(each -> of(each).equalsIgnoreCase(of(name)))
                        .findFirst()
                        .map(each -> " (of " + each + " capital letters differ, so it is another)")
                        .orElse("");
    }
}
