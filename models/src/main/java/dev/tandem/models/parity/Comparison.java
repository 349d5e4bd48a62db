package dev.tandem.models.parity;

import dev.tandem.io.HostTensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects differences from a {@link Trace} by groups of tensors.
 *
 * <p>An error is relative to the largest magnitude of its tensor, or to 10⁻⁴ of the group's where that is more: a convolution's
 * bias before a batch norm has a gradient of rounding noise only.
 */
final class Comparison {
    private static final double SMALLEST_SHARE = 1e-4;
    private static final double LOGITS = 1e-4;
    private static final double UPDATES = 1e-3;

    private final Trace trace;
    private final Map<String, Group> groups = new LinkedHashMap<>();

    Comparison(Trace trace) {
        this.trace = trace;
    }

    private static final class Group {
        final double largest;
        int tensors;
        double error = -1;
        String worst;

        Group(double largest) {
            this.largest = largest;
        }
    }

    void compare(String groupName, String name, HostTensor actual) {
        Group group = groups.computeIfAbsent(groupName, this::open);
        double error = trace.expected(name).error(actual, SMALLEST_SHARE * group.largest);
        group.tensors++;
        if (!Double.isNaN(group.error) && !(error <= group.error)) { // also for the first NaN, which stays
            group.error = error;
            group.worst = name;
        }
    }

    private Group open(String name) {
        double largest = trace.has(name)
                ? trace.expected(name).magnitude()
                : trace.names(name + ".").stream()
                        .mapToDouble(each -> trace.expected(name + "." + each).magnitude())
                        .max()
                        .orElse(0);
        return new Group(largest);
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        groups.forEach((name, group) ->
                findings.add(new Finding(name, group.tensors, group.error, allowance(name), group.worst)));
        return findings;
    }

    /**
     * What the zoo promises, 10⁻⁴ for logits and losses, 10⁻³ for gradients and updates; or ten times what PyTorch's own rounding
     * makes of the case (its float32 run against its float64 run) where that is more, which is 0.2 at the most ({@link Trace#read}).
     * That alone would be too little: a ReLU that
     * rounding turns on or off in one of the steps shows in no such pair of runs that both escaped it. Of one case of VGG-11 with
     * batch norm PyTorch with oneDNN differs from PyTorch without by 7·10⁻⁴ after three steps, and float32 from float64 by 6·10⁻⁷.
     */
    private double allowance(String group) {
        boolean beforeUpdates =
                group.startsWith("train.l") || group.startsWith("train.aux") || group.equals("eval.logits");
        double promised = beforeUpdates ? LOGITS : UPDATES;
        double rounding = trace.rounding(group);
        return Double.isNaN(rounding) ? promised : Math.max(promised, 10 * rounding);
    }
}
