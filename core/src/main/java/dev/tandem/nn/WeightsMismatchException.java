package dev.tandem.nn;

import java.util.ArrayList;
import java.util.List;

/** Weights that do not fit a network. The message, one line, has a few of the tensors that are missing, unexpected or of another shape. */
public final class WeightsMismatchException extends IllegalArgumentException {
    private static final int SHOWN_OF_EACH_KIND = 3;

    private final String what;
    private final List<String> missing;
    private final List<String> unexpected;
    private final List<String> misshaped;

    /** @param what the file, and how much of it fits; the lists describe tensors, with their shapes */
    WeightsMismatchException(
            String what, List<String> missing, List<String> unexpected, List<String> misshaped, String advice) {
        super(message(what, missing, unexpected, misshaped, advice));
        this.what = what;
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

    /** The same, by somebody who knows better what to do. */
    public WeightsMismatchException advising(String advice) {
        WeightsMismatchException better = new WeightsMismatchException(what, missing, unexpected, misshaped, advice);
        better.initCause(this);
        return better;
    }

    private static String message(
            String what, List<String> missing, List<String> unexpected, List<String> misshaped, String advice) {
        List<String> parts = new ArrayList<>(List.of(what));
        addSome(parts, misshaped, "of another shape");
        addSome(parts, missing, "missing");
        addSome(parts, unexpected, "not expected");
        parts.add(advice);
        return String.join("; ", parts);
    }

    private static void addSome(List<String> parts, List<String> tensors, String kind) {
        if (!tensors.isEmpty()) {
            int shown = Math.min(SHOWN_OF_EACH_KIND, tensors.size());
            parts.add(tensors.size() + " " + kind + ": " + String.join(", ", tensors.subList(0, shown))
                    + (shown < tensors.size() ? ", …" : ""));
        }
    }
}
