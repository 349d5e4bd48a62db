package dev.tandem.trainer;

import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.nn.ParameterNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which parameters a training leaves as they are, and until when: transfer learning. A frozen parameter has no gradient and no
 * optimizer state; a batch norm whose parameters are frozen uses its running statistics and keeps them. What is frozen follows
 * from the epoch alone, so a resumed run goes on as if it had never stopped.
 *
 * <pre>{@code
 * Freezing.of("features")               // the head alone is trained,
 *         .unfreeze(3, "features.18")   // from the third epoch on the last block too,
 *         .unfreeze(5)                  // from the fifth on everything
 *         .keepStatistics();            // but for the batch norms' running statistics
 * }</pre>
 */
public final class Freezing {
    public static final Freezing NONE = new Freezing(List.of(), List.of(), false);

    private record Thaw(int epoch, List<ParameterNames> names) {}

    private final List<ParameterNames> frozen;
    private final List<Thaw> thaws;
    private final boolean keepsStatistics;

    private Freezing(List<ParameterNames> frozen, List<Thaw> thaws, boolean keepsStatistics) {
        this.frozen = frozen;
        this.thaws = thaws;
        this.keepsStatistics = keepsStatistics;
    }

    /** From the first epoch on, parameters of these names, each as {@link ParameterNames} takes it. */
    public static Freezing of(String... names) {
        return new Freezing(ParameterNames.of(names), List.of(), false);
    }

    /**
     * Lets parameters be trained again.
     *
     * @param epoch from which one on, counted from 1
     * @param names of those among the frozen ones; all of them if none are given
     */
    public Freezing unfreeze(int epoch, String... names) {
        if (epoch < 1) {
            throw new IllegalArgumentException("unfreeze at epoch " + epoch + ": epochs are counted from 1");
        }
        List<Thaw> more = new ArrayList<>(thaws);
        more.add(new Thaw(epoch, names.length == 0 ? ParameterNames.of("*") : ParameterNames.of(names)));
        return new Freezing(frozen, List.copyOf(more), keepsStatistics);
    }

    /** Keeps the running statistics of every batch norm, and trains on them, as small batches want. */
    public Freezing keepStatistics() {
        return new Freezing(frozen, thaws, true);
    }

    /**
     * Freezes and unfreezes what is to be in an epoch; parameters that no name covers stay as they are.
     *
     * @param epoch from 1
     * @throws IllegalArgumentException if a name is none of the network's, or would unfreeze what is not frozen, nothing is left to
     *     train, or there are no batch norms whose statistics to keep
     */
    public void apply(Module network, int epoch) {
        if (keepsStatistics) {
            keepStatistics(network);
        }
        frozen.forEach(names -> names.in(network).forEach(parameter -> parameter.setFrozen(true)));
        Set<Parameter> all = covered(network);
        for (Thaw thaw : thaws) {
            for (ParameterNames names : thaw.names) {
                List<Parameter> covered =
                        names.in(network).stream().filter(all::contains).toList();
                if (covered.isEmpty()) {
                    throw new IllegalArgumentException("unfreeze " + names + " at epoch " + thaw.epoch
                            + ": none of these is frozen; frozen are " + frozen);
                }
                if (thaw.epoch <= epoch) {
                    covered.forEach(parameter -> parameter.setFrozen(false));
                }
            }
        }
        if (network.parameters().values().stream().noneMatch(Parameter::isTrainable)) {
            throw new IllegalArgumentException(
                    frozen.isEmpty()
                            ? "nothing to train: the network has no parameters that are not frozen; unfreeze some with"
                                    + " setFrozen(false)"
                            : "freeze " + frozen + ": nothing is left to train in epoch " + epoch
                                    + "; leave out the last layers");
        }
    }

    private static void keepStatistics(Module network) {
        List<BatchNorm2d> norms = new ArrayList<>();
        network.visit((name, module) -> {
            if (module instanceof BatchNorm2d norm) {
                norms.add(norm);
            }
        });
        if (norms.isEmpty()) {
            throw new IllegalArgumentException(
                    "freeze statistics: the network has no batch norms, so there are none; leave it out");
        }
        norms.forEach(norm -> norm.freezeStatistics(true));
    }

    private Set<Parameter> covered(Module network) {
        return frozen.stream().flatMap(names -> names.in(network).stream()).collect(Collectors.toSet());
    }
}
