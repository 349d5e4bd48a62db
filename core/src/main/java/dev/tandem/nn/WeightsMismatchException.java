package dev.tandem.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Weights that do not fit a network. The message has a line for each tensor that is missing, unexpected or of another shape. */
public final class WeightsMismatchException extends IllegalArgumentException {
    private static final int SHOWN_OF_EACH_KIND = 10;

    private final List<String> missing;
    private final List<String> unexpected;
    private final List<String> misshaped;

    /** @param source the file; the lists name tensors, with their shapes */
    WeightsMismatchException(
            String source, List<String> missing, List<String> unexpected, List<String> misshaped, String advice) {
        super(message(source, missing, unexpected, misshaped, advice));
        this.missing = List.copyOf(missing);
        this.unexpected = List.copyOf(unexpected);
        this.misshaped = List.copyOf(misshaped);
    }

    /** What the network has and the weights have not, in the network's order. */
    public List<String> missing() {
        return missing;
    }

    /** What the weights have and the network has not. */
    public List<String> unexpected() {
        return unexpected;
    }

    /** What both have in different shapes, or as whole numbers. */
    public List<String> misshaped() {
        return misshaped;
    }

    private static String message(
            String source, List<String> missing, List<String> unexpected, List<String> misshaped, String advice) {
        List<String> lines = new ArrayList<>();
        lines.add(source + ": these weights do not fit the network: "
                + Stream.of(
                                count(misshaped, "of another shape"),
                                count(missing, "missing"),
                                count(unexpected, "not expected"))
                        .filter(text -> !text.isEmpty())
                        .collect(Collectors.joining(", "))
                + "; " + advice);
        addSome(lines, misshaped);
        addSome(lines, missing);
        addSome(lines, unexpected);
        return String.join("\n", lines);
    }

    private static String count(List<String> tensors, String what) {
        return tensors.isEmpty() ? "" : tensors.size() + " " + what;
    }

    private static void addSome(List<String> lines, List<String> tensors) {
        tensors.stream().limit(SHOWN_OF_EACH_KIND).forEach(tensor -> lines.add("  " + tensor));
        if (tensors.size() > SHOWN_OF_EACH_KIND) {
            lines.add("  … and " + (tensors.size() - SHOWN_OF_EACH_KIND) + " more such");
        }
    }
}
