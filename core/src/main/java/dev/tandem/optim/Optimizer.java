package dev.tandem.optim;

import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.OptimizerOps;
import dev.tandem.backend.OptimizerOps.Scalar;
import dev.tandem.backend.Storage;
import dev.tandem.nn.FlatParameters;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.nn.ParameterNames;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Moves parameters against their gradients. Each {@link #step} is one call to the device for all parameters together; frozen
 * parameters, and those that the last backward gave no gradient, stay as they are.
 *
 * <pre>{@code
 * Optimizer optimizer = new Sgd(network, 0.01f).momentum(0.9f).weightDecay(5e-4f).clipByNorm(1);
 * loss.backward();
 * optimizer.step();
 * optimizer.clearGradients();
 * }</pre>
 */
public abstract class Optimizer {
    /** In the state: how many steps each parameter was frozen before its first. */
    private static final String STEPS_BEFORE = "stepsBefore";
    /** Scalars that the host writes at each step; those behind them are the device's own. */
    private static final int WRITTEN = Scalar.GRADIENT_SCALE.ordinal() + 1;

    private final Module network;
    private final FlatParameters parameters;
    private final Segments segments;
    private final Tensor scalars;
    private final Tensor written; // their start
    private final float[] writtenValues = new float[WRITTEN];
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();
    private float learningRate;
    private float gradientScale = 1;
    private float maxNorm;
    private float limit;
    private boolean skipsNotFinite;
    private long steps; // those that were left out counted

    /** @param network initialised; its gradients lie in one flat buffer from now on */
    protected Optimizer(Module network, float learningRate) {
        this.network = network;
        parameters = network.flatParameters();
        parameters.gradients();
        segments = new Segments(parameters);
        Device device = parameters.device();
        scalars = Tensor.full(device, 0, DType.FLOAT32, Scalar.values().length).persist();
        written = Tensor.wrap(device, device.memory().view(scalars.storage(), 0, Shape.of(WRITTEN)))
                .persist();
        setLearningRate(learningRate);
    }

    /** The names of the state that {@link #update} keeps from step to step, each a flat buffer; empty for none. */
    protected abstract List<String> stateNames();

    /** Asks the device for one update of everything in the segments. */
    protected abstract void update(OptimizerOps device, OptimizerOps.Buffers all);

    /** State of a name, zeros at the start, as long as the gradients. */
    protected final Storage state(String name) {
        Tensor buffer = buffers.get(name);
        long needed = parameters.gradients().elements();
        if (buffer == null || buffer.elements() < needed) { // at the start, or parameters are frozen no more
            Tensor longer = parameters.zeros(needed);
            buffers.put(name, longer);
            if (buffer != null) {
                copyToStart(buffer, longer);
                buffer.release();
            }
        }
        return buffers.get(name).storage();
    }

    private static void copyToStart(Tensor from, Tensor to) {
        MemoryOps memory = to.device().memory();
        Storage start = memory.view(to.storage(), 0, from.shape());
        memory.copyInto(from.storage(), start);
        start.release();
    }

    /** Whether a segment may hold several parameters; not where its norm counts. */
    protected boolean mergesParameters() {
        return true;
    }

    // Settings
    // ---------------------------------------------------------------------------------------------------------

    /** L2 penalty: adds {@code weightDecay · parameter} to gradients. In {@link AdamW} decoupled from them. */
    public final Optimizer weightDecay(float weightDecay) {
        segments.weightDecay(notNegative("weight decay", weightDecay));
        return this;
    }

    /** L1 penalty: adds {@code l1 · sign(parameter)} to gradients, which drives weights to zero. */
    public final Optimizer l1(float l1) {
        segments.l1(notNegative("l1", l1));
        return this;
    }

    /** Leaves biases and the scales and shifts of normalisations out of both penalties. */
    public final Optimizer noDecayOnBiasAndNorm() {
        segments.noDecayOnBiasAndNorm();
        return this;
    }

    /**
     * Some parameters learn faster or slower: {@code group(p -> p.path().startsWith("features."), 0.1f)}.
     *
     * @throws IllegalArgumentException if none of the network's fit
     */
    public final Optimizer group(Predicate<Parameter> members, float learningRateFactor) {
        return group(new ParameterGroup(members, notNegative("learning rate factor", learningRateFactor), null, null));
    }

    /**
     * As above, for parameters by name, as {@link ParameterNames} takes it: {@code group("features", 0.1f)}.
     *
     * @throws IllegalArgumentException if the network has none of that name, with the nearest one
     */
    public final Optimizer group(String names, float learningRateFactor) {
        return group(Set.copyOf(new ParameterNames(names).in(network))::contains, learningRateFactor);
    }

    /**
     * Settings for some parameters, which count before the general ones; of several groups the last one that fits.
     *
     * @throws IllegalArgumentException if none of the network's fit
     */
    public final Optimizer group(ParameterGroup group) {
        if (parameters.entries().stream().noneMatch(entry -> group.members().test(entry.parameter()))) {
            throw new IllegalArgumentException(this
                    + ": the condition of a group fits none of the network's parameters,"
                    + " such as " + parameters.entries().getLast().parameter().path()
                    + "; without any the group would change nothing");
        }
        segments.group(group);
        return this;
    }

    /** Whether it moves this network's parameters. */
    public final boolean isOf(Module other) {
        return parameters == other.flatParameters();
    }

    /** Scales all gradients together so that their norm is at most this (Pascanu et al. 2013, https://arxiv.org/abs/1211.5063); 0 for no limit. */
    public final Optimizer clipByNorm(float maxNorm) {
        this.maxNorm = notNegative("clip norm", maxNorm);
        return this;
    }

    /** Limits each gradient to ±limit; 0 for no limit. */
    public final Optimizer clipByValue(float limit) {
        this.limit = notNegative("clip value", limit);
        return this;
    }

    /** Leaves out a step whose gradients hold an infinity or NaN, as loss scaling needs. See {@link #foundNotFinite}. */
    public final Optimizer skipNotFinite() {
        skipsNotFinite = true;
        return this;
    }

    public final float learningRate() {
        return learningRate;
    }

    /** From the next step on. */
    public final void setLearningRate(float learningRate) {
        this.learningRate = notNegative("learning rate", learningRate);
    }

    /** Multiplies gradients before anything else, from the next step on: 1 / loss scale, or 1 / accumulated batches. */
    public final void setGradientScale(float scale) {
        gradientScale = scale;
    }

    private static float notNegative(String what, float value) {
        if (!(value >= 0) || Float.isInfinite(value)) {
            throw new IllegalArgumentException(what + ": " + value + " given; it must be 0 or more, and finite");
        }
        return value;
    }

    // Steps
    // ------------------------------------------------------------------------------------------------------------

    /** Updates all parameters by their gradients. */
    public final void step() {
        prepareStep();
        runStep();
    }

    /** The host's part of {@link #step}: counts it and writes what changes from step to step to the device. */
    public final void prepareStep() {
        steps++;
        writtenValues[Scalar.LEARNING_RATE.ordinal()] = learningRate;
        writtenValues[Scalar.STEP.ordinal()] = steps;
        writtenValues[Scalar.GRADIENT_SCALE.ordinal()] = gradientScale;
        written.set(writtenValues);
    }

    /** The device's part of {@link #step}, which a graph can capture. */
    public final void runStep() {
        List<OptimizerOps.Segment> current =
                segments.current(mergesParameters(), () -> steps == 1 ? 0 : steps - 1 - skipped());
        if (current.isEmpty()) {
            return;
        }
        OptimizerOps device = parameters.device().optimizer();
        OptimizerOps.Buffers all = new OptimizerOps.Buffers(
                parameters.values().storage(), parameters.gradients().storage(), current, scalars.storage());
        if (skipsNotFinite) {
            device.checkFinite(all);
        }
        if (maxNorm > 0) {
            device.globalNorm(all, maxNorm);
        }
        if (limit > 0) {
            device.clipByValue(all, limit);
            all.gradients().changed("clipByValue()");
        }
        update(device, all);
        String by = "step() of " + getClass().getSimpleName();
        all.parameters().changed(by);
        buffers.values().forEach(buffer -> buffer.storage().changed(by));
    }

    /** Forgets all gradients; otherwise the next backward adds to them. */
    public final void clearGradients() {
        parameters.clearGradients();
    }

    /**
     * Steps taken, also over resumed runs; those that {@link #skipNotFinite} left out are none. Waits for the device where that is
     * set.
     */
    public final long stepCount() {
        return steps - skipped();
    }

    /** Only the device knows, until it is asked. */
    private long skipped() {
        return skipsNotFinite ? (long) scalars.toFloatArray()[Scalar.SKIPPED.ordinal()] : 0;
    }

    /** The norm of the last step's gradients, before clipping; only with {@link #clipByNorm}. Waits for the device. */
    public final float gradientNorm() {
        return scalars.toFloatArray()[Scalar.GRADIENT_NORM.ordinal()];
    }

    /** Whether the last step was left out; only with {@link #skipNotFinite}. Waits for the device. */
    public final boolean foundNotFinite() {
        return scalars.toFloatArray()[Scalar.FOUND_NOT_FINITE.ordinal()] != 0;
    }

    // Checkpoints
    // ------------------------------------------------------------------------------------------------------

    /**
     * State by name, for a checkpoint, with {@link #stepCount}: flat buffers in the parameters' order, and where parameters are
     * or were frozen, since when each takes part.
     */
    public final Map<String, Tensor> state() {
        Map<String, Tensor> result = new LinkedHashMap<>();
        for (String name : stateNames()) {
            state(name);
            result.put(name, buffers.get(name));
        }
        if (steps > 0 && !segments.allTakePartFromTheStart()) {
            float[] values = segments.stepsBefore();
            Tensor tensor = buffers.computeIfAbsent(STEPS_BEFORE, key -> parameters.zeros(values.length));
            tensor.set(values);
            result.put(STEPS_BEFORE, tensor);
        }
        return result;
    }

    /** Goes back to a {@link #state} and its step count. */
    public final void restore(Map<String, Tensor> saved, long stepCount) {
        Map<String, Tensor> state = new LinkedHashMap<>(saved);
        Tensor stepsBefore = state.remove(STEPS_BEFORE);
        List<String> problems = new ArrayList<>();
        stateNames().stream()
                .filter(name -> !state.containsKey(name))
                .forEach(name -> problems.add(name + " is missing"));
        long length = parameters.gradients().elements();
        state.forEach((name, value) -> {
            if (!stateNames().contains(name)) {
                problems.add(name + " is not expected");
            } else if (value.rank() != 1 || value.elements() > length || !parameters.holdsWhole(value.elements())) {
                problems.add(name + " is " + value.shape() + " for parameters of " + Shape.of(length));
            }
        });
        if (stepsBefore != null
                && stepsBefore.elements() != parameters.entries().size()) {
            problems.add(STEPS_BEFORE + " is " + stepsBefore.shape() + " for "
                    + parameters.entries().size() + " parameters");
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(this + ": this is not its state: " + String.join(", ", problems)
                    + "; resume with the optimizer and network that were saved");
        }
        // What was frozen when it was saved has no state there, and begins with zeros.
        state.forEach((name, value) -> {
            Tensor whole = parameters.zeros(length);
            copyToStart(value, whole);
            Tensor earlier = buffers.put(name, whole);
            if (earlier != null) {
                earlier.release();
            }
        });
        float[] none = new float[parameters.entries().size()];
        Arrays.fill(none, stepCount == 0 ? -1 : 0); // before the first step no parameter takes part yet
        segments.setStepsBefore(stepsBefore == null ? none : stepsBefore.toFloatArray());
        scalars.set(new float[Scalar.values().length]); // none was left out since then
        steps = stepCount;
    }

    @Override
    public String toString() {
        return getClass().getSimpleName() + "(learning rate " + learningRate + ")";
    }
}
