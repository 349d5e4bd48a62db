package dev.tandem.optim;

import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.nn.FlatParameters;
import dev.tandem.nn.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongSupplier;

/** Which parts of the flat buffers an update touches, and with which settings: neighbours with equal ones are one segment. */
final class Segments {
    private final FlatParameters parameters;
    private final List<ParameterGroup> groups = new ArrayList<>();
    private float weightDecay;
    private float l1;
    private boolean decaysBiasAndNorm = true;

    private final long[] stepsBefore; // of each parameter; −1 for one that never took part

    private BitSet lastTouched; // what the cached list was made for
    private List<Segment> cached;

    Segments(FlatParameters parameters) {
        this.parameters = parameters;
        stepsBefore = new long[parameters.entries().size()];
        Arrays.fill(stepsBefore, -1);
    }

    boolean allTakePartFromTheStart() {
        return Arrays.stream(stepsBefore).allMatch(steps -> steps == 0);
    }

    float[] stepsBefore() {
        float[] values = new float[stepsBefore.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = stepsBefore[i];
        }
        return values;
    }

    void setStepsBefore(float[] values) {
        for (int i = 0; i < values.length; i++) {
            stepsBefore[i] = (long) values[i];
        }
        lastTouched = null;
    }

    void weightDecay(float weightDecay) {
        this.weightDecay = weightDecay;
        lastTouched = null;
    }

    void l1(float l1) {
        this.l1 = l1;
        lastTouched = null;
    }

    void noDecayOnBiasAndNorm() {
        decaysBiasAndNorm = false;
        lastTouched = null;
    }

    void group(ParameterGroup group) {
        groups.add(group);
        lastTouched = null;
    }

    /**
     * The same list as before where nothing has changed, so that a backend may prepare for it.
     *
     * @param stepsTaken before the one that it is for; asked only where parameters take part for the first time
     */
    List<Segment> current(boolean merge, LongSupplier stepsTaken) {
        List<FlatParameters.Entry> entries = parameters.entries();
        BitSet touched = new BitSet(entries.size());
        for (int i = 0; i < entries.size(); i++) {
            Parameter parameter = entries.get(i).parameter();
            touched.set(i, parameter.isTrainable() && parameter.value().gradient() != null);
        }
        if (!touched.equals(lastTouched)) {
            if (touched.stream().anyMatch(i -> stepsBefore[i] < 0)) {
                long taken = stepsTaken.getAsLong();
                touched.stream().filter(i -> stepsBefore[i] < 0).forEach(i -> stepsBefore[i] = taken);
            }
            cached = build(entries, touched, merge);
            lastTouched = touched;
        }
        return cached;
    }

    private List<Segment> build(List<FlatParameters.Entry> entries, BitSet touched, boolean merge) {
        List<Segment> result = new ArrayList<>();
        for (int i = touched.nextSetBit(0); i >= 0; i = touched.nextSetBit(i + 1)) {
            Segment next = segment(entries.get(i), stepsBefore[i]);
            Segment last = result.isEmpty() ? null : result.getLast();
            if (merge && last != null && touched.get(i - 1) && haveEqualSettings(last, next)) {
                // The gap between holds zeros, which every update leaves zero.
                long count = next.offset() + next.count() - last.offset();
                result.set(
                        result.size() - 1,
                        new Segment(
                                last.offset(),
                                count,
                                next.learningRateFactor(),
                                next.weightDecay(),
                                next.l1(),
                                next.stepsBefore()));
            } else {
                result.add(next);
            }
        }
        return List.copyOf(result);
    }

    private Segment segment(FlatParameters.Entry entry, long before) {
        Parameter parameter = entry.parameter();
        boolean decays = decaysBiasAndNorm || parameter.kind() == Parameter.Kind.WEIGHT;
        float factor = 1;
        float decay = decays ? weightDecay : 0;
        float sparsity = decays ? l1 : 0;
        for (ParameterGroup group : groups.reversed()) {
            if (group.members().test(parameter)) {
                factor = group.learningRateFactor();
                decay = group.weightDecay() != null && decays ? group.weightDecay() : decay;
                sparsity = group.l1() != null && decays ? group.l1() : sparsity;
                break;
            }
        }
        return new Segment(entry.offset(), entry.count(), factor, decay, sparsity, before);
    }

    private static boolean haveEqualSettings(Segment a, Segment b) {
        return a.learningRateFactor() == b.learningRateFactor()
                && a.weightDecay() == b.weightDecay()
                && a.l1() == b.l1()
                && a.stepsBefore() == b.stepsBefore();
    }
}
