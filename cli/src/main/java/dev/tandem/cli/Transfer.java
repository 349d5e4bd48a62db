package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.nn.ParameterNames;
import dev.tandem.optim.Optimizer;
import dev.tandem.trainer.Freezing;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What of a network is trained, and how fast, from a run's settings. */
final class Transfer {
    /** Stands for all but the head. */
    private static final String BODY = "body";

    private static final Pattern THAW = Pattern.compile("(?:(.+)=)?(\\d{1,9})");

    private final TrainSettings settings;
    private final Module network;
    private final List<String> body;

    /** @param options what the network was built with */
    Transfer(TrainSettings settings, Module network, ModelEntry entry, ModelOptions options) {
        this.settings = settings;
        this.network = network;
        this.body = body(network, entry.head(options));
    }

    /** @throws UsageException if options contradict each other */
    static void check(TrainSettings settings) {
        if (settings.pretrained() != null && settings.weights() != null) {
            throw new UsageException("--pretrained and --weights: both say where to start; give one of them");
        }
        if (!settings.unfreeze().isEmpty() && settings.freeze().isEmpty()) {
            throw new UsageException("--unfreeze " + String.join(",", settings.unfreeze())
                    + ": nothing is frozen; say what with --freeze");
        }
        if (settings.normalization() == Normalizations.PRETRAINED && settings.pretrained() == null) {
            throw new UsageException("--normalization pretrained: it is that of pretrained weights; name them with"
                    + " --pretrained, or choose another");
        }
        for (String each : settings.unfreeze()) {
            Matcher thaw = THAW.matcher(each);
            if (!thaw.matches() || Integer.parseInt(thaw.group(2)) < 1) {
                throw new UsageException("--unfreeze " + each
                        + ": it must be an epoch from 1 on, such as 3, or names and one, such as features.18=3");
            }
            if (Integer.parseInt(thaw.group(2)) > settings.epochs()) {
                throw new UsageException("--unfreeze " + each + ": there are " + settings.epochs()
                        + " epochs; choose one of them, or train for more (--epochs)");
            }
        }
        settings.rateFactor().forEach((names, factor) -> {
            if (!(factor >= 0 && factor < Double.POSITIVE_INFINITY)) {
                throw new UsageException(
                        "--rate-factor " + names + "=" + factor + ": it must be a number of 0 or more");
            }
        });
    }

    /** The names that one of the settings means. */
    private List<String> names(String setting) {
        return setting.strip().equals(BODY) ? body : List.of(setting);
    }

    /**
     * Freezes what is frozen at the start.
     *
     * @return what the trainer is to go on with
     * @throws UsageException if a name is none of the network's, or all is frozen
     */
    Freezing freeze() {
        Freezing freezing = Freezing.of(settings.freeze().stream()
                .flatMap(each -> names(each).stream())
                .distinct()
                .toArray(String[]::new));
        for (String each : settings.unfreeze()) {
            Matcher thaw = THAW.matcher(each);
            thaw.matches();
            int epoch = Integer.parseInt(thaw.group(2));
            freezing = thaw.group(1) == null
                    ? freezing.unfreeze(epoch)
                    : freezing.unfreeze(epoch, names(thaw.group(1)).toArray(new String[0]));
        }
        freezing = settings.freezeStatistics() ? freezing.keepStatistics() : freezing;
        try {
            freezing.apply(network, 1);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage(), e);
        }
        return freezing;
    }

    /** Gives parameters learning rates of their own. */
    void group(Optimizer optimizer) {
        settings.rateFactor().forEach((setting, factor) -> {
            for (String names : names(setting)) {
                optimizer.group(names, factor.floatValue());
            }
        });
    }

    /** @throws UsageException if a name is none of the network's */
    void checkGroups() {
        try {
            settings.rateFactor().keySet().stream()
                    .flatMap(setting -> names(setting).stream())
                    .forEach(names -> new ParameterNames(names).in(network));
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage(), e);
        }
    }

    /** The largest parts that hold nothing of the head. */
    private static List<String> body(Module network, Set<String> head) {
        List<String> parts = new ArrayList<>();
        network.parameters().forEach((name, parameter) -> {
            if (parameter.kind() != Parameter.Kind.BUFFER && !head.contains(name)) {
                int end = name.indexOf('.');
                while (end >= 0 && holds(name.substring(0, end), head)) {
                    end = name.indexOf('.', end + 1);
                }
                parts.add(end < 0 ? name : name.substring(0, end));
            }
        });
        return parts.stream().distinct().toList();
    }

    private static boolean holds(String part, Set<String> names) {
        return names.stream().anyMatch(new ParameterNames(part)::matches);
    }

    /** How much is frozen at the start, in a line; null if nothing is. */
    String announcement() {
        long trained = network.parameters().values().stream()
                .distinct()
                .filter(Parameter::isTrainable)
                .mapToLong(parameter -> parameter.shape().elements())
                .sum();
        return settings.freeze().isEmpty()
                ? null
                : "frozen: " + String.join(", ", settings.freeze()) + "; " + Format.grouped(trained) + " of "
                        + Format.grouped(network.parameterCount()) + " parameters are trained"
                        + (settings.unfreeze().isEmpty()
                                ? ""
                                : ", more from later epochs on (" + String.join(", ", settings.unfreeze()) + ")");
    }
}
