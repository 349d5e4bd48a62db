package dev.tandem.cli;

import dev.tandem.io.HostTensor;
import dev.tandem.io.WeightsFile;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import dev.tandem.nn.WeightsMismatchException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Weights in a file that others wrote: found in it by what they are, with advice where they do not fit. */
final class ForeignWeights {
    /** Of a network's parameters, for a file to be called that network's. */
    private static final double MOST = 0.9;

    /** A network of the zoo, and how many of its parameters a file has. */
    private record Likeness(ModelEntry entry, int fitting, int parameters) {
        double share() {
            return (double) fitting / parameters;
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
        Optional<Likeness> other =
                nearest().filter(likeness -> !likeness.entry().equals(entry));
        if (other.isPresent()) {
            return other.map(ForeignWeights::describe);
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
        return nearest().map(ForeignWeights::describe);
    }

    private static String describe(Likeness likeness) {
        return "they look like weights of " + likeness.entry().name() + " (" + likeness.fitting() + " of its "
                + likeness.parameters() + " parameters fit); use that (--model "
                + likeness.entry().name() + ")";
    }

    /** The network of most parameters that the file has, and of the fewest that it has not. */
    private Optional<Likeness> nearest() {
        Likeness best = null;
        for (ModelEntry entry : Models.all()) {
            Module network = entry.build(entry.defaults());
            Likeness each = new Likeness(
                    entry, Weights.fitting(file, network), network.parameters().size());
            if (best == null
                    || each.fitting() > best.fitting()
                    || (each.fitting() == best.fitting() && each.parameters() < best.parameters())) {
                best = each;
            }
        }
        return Optional.of(best).filter(likeness -> likeness.share() >= MOST);
    }
}
