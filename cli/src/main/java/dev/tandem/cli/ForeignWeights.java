package dev.tandem.cli;

import dev.tandem.io.HostTensor;
import dev.tandem.io.WeightsFile;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import dev.tandem.nn.WeightsMismatchException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Weights in a file that others wrote: found in it by what they are, with advice where they do not fit. */
final class ForeignWeights {
    /** Of a network's parameters, for a file to be called that network's. */
    private static final double MOST = 0.9;

    /** A network of the zoo, and how many of its parameters a file has. */
    private record Likeness(ModelEntry entry, int fitting, int parameters) implements Comparable<Likeness> {
        double share() {
            return (double) fitting / parameters;
        }

        @Override
        public int compareTo(Likeness other) {
            return fitting != other.fitting
                    ? Integer.compare(fitting, other.fitting)
                    : Integer.compare(other.parameters, parameters);
        }
    }

    private final String name;
    private final WeightsFile file;
    private final Console console;

    ForeignWeights(String name, WeightsFile file, Console console) {
        this.name = name;
        this.file = file;
        this.console = console;
    }

    /**
     * Overwrites a network's parameters.
     *
     * @param replaceable names of parameters that keep their values where the file's do not fit
     * @return those of the file's that did not, with their shapes; null if they were all taken
     * @throws WeightsMismatchException if anything else does not fit, saying what the weights look like
     */
    List<String> loadInto(Module network, ModelEntry entry, ModelOptions options, Predicate<String> replaceable) {
        Weights.Fit fit = Weights.fit(file, network);
        try {
            List<String> left = Weights.loadAllBut(replaceable, name, fit.tensors(), network);
            fit.remarks().forEach(remark -> console.note(name + ": " + remark));
            boolean whole = left.isEmpty()
                    && network.parameters().keySet().stream()
                            .filter(replaceable)
                            .allMatch(fit.tensors()::containsKey);
            return whole ? null : left;
        } catch (WeightsMismatchException e) {
            throw advice(entry, options, fit.tensors(), e).map(e::advising).orElse(e);
        }
    }

    private Optional<String> advice(
            ModelEntry entry, ModelOptions options, Map<String, HostTensor> tensors, WeightsMismatchException e) {
        List<Likeness> nearest = nearest();
        if (nearest.stream().noneMatch(likeness -> likeness.entry().equals(entry))) {
            return describe(nearest);
        }
        List<String> head = List.copyOf(entry.head(options));
        HostTensor last = tensors.get(head.get(head.size() - 1));
        boolean onlyHead = e.missing().isEmpty()
                && e.unexpected().isEmpty()
                && e.misshaped().size() <= head.size();
        return onlyHead
                        && last != null
                        && last.shape().rank() > 0
                        && last.shape().size(0) != options.classes()
                ? Optional.of("they are for " + last.shape().size(0) + " classes; say so with --classes "
                        + last.shape().size(0))
                : Optional.empty();
    }

    /** What the file may be of, as advice; empty if it is like no network of the zoo. */
    Optional<String> looksLike() {
        return describe(nearest());
    }

    private static Optional<String> describe(List<Likeness> alike) {
        if (alike.isEmpty() || alike.get(0).share() < MOST) {
            return Optional.empty();
        }
        Likeness first = alike.get(0);
        String names = alike.stream().map(each -> each.entry().name()).collect(Collectors.joining(" or "));
        return Optional.of("they look like weights of " + names + " (" + first.fitting() + " of its "
                + first.parameters() + " parameters fit); use that (--model "
                + first.entry().name() + ")");
    }

    /** The networks of most parameters that the file has, and of the fewest that it has not. */
    private List<Likeness> nearest() {
        List<Likeness> best = new ArrayList<>();
        for (ModelEntry entry : Models.all()) {
            Module network = entry.build(entry.defaults());
            Likeness each = new Likeness(
                    entry, Weights.fitting(file, network), network.parameters().size());
            int order = best.isEmpty() ? 1 : each.compareTo(best.get(0));
            if (order > 0) {
                best.clear();
            }
            if (order >= 0) {
                best.add(each);
            }
        }
        return best;
    }
}
