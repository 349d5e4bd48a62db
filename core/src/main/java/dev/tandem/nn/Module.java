package dev.tandem.nn;

import dev.tandem.backend.meta.MetaBackend;
import dev.tandem.nn.functional.InputShapeException;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Rng;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A part of a network, or a whole one: parameters, parts in it, and what it computes. Parts and parameters are named as in
 * torchvision, joined by dots ({@code layer1.0.conv1.weight}).
 *
 * <p>A subclass registers its parts in the constructor and says in {@link #forward} what it computes. Building one allocates
 * nothing on a device; {@link #initialize} does.
 */
public abstract class Module {
    /** Sees every part of a network as it is applied: for summaries, probes and traces. */
    @FunctionalInterface
    public interface Observer {
        /** @param path the part's name, empty for the whole network */
        void applied(String path, Module module, Tensor input, Tensor output);

        /** Before a part is applied. */
        default void applying(String path, Module module, Tensor input) {}
    }

    private final Map<String, Module> children = new LinkedHashMap<>();
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, String> formerNames = new LinkedHashMap<>();
    private String path = "";
    private boolean training = true;
    private Module network; // that initialize was called on, null before: this or what this is a part of
    private FlatParameters flat; // of the network itself only
    private Observer observer;

    /** What is known of a module once it is initialised and used. */
    record Status(String path, boolean training, Module network, FlatParameters flat, Observer observer) {}

    Status status() {
        return new Status(path, training, network, flat, observer);
    }

    void setStatus(Status status) {
        path = status.path;
        training = status.training;
        network = status.network;
        flat = status.flat;
        observer = status.observer;
    }

    /** What this part computes. Called by {@link #apply}, which releases what is not needed afterwards. */
    protected abstract Tensor forward(Tensor input);

    /**
     * Computes the output for an input; what was made on the way and no gradient needs is released at once. What a forward
     * returns although it was there before, such as its input, a parameter's value, or a tensor that it keeps with {@link
     * Tensor#persist}, stays its owner's.
     */
    public final Tensor apply(Tensor input) {
        return run(input, this::forward);
    }

    /** As {@link #apply}, for a module's further forms of forward, such as one with a second input. */
    protected final Tensor run(Tensor input, UnaryOperator<Tensor> forward) {
        return runAll(input, x -> Collections.singletonList(forward.apply(x))).get(0);
    }

    /** As {@link #run}, for a forward with several outputs, of which observers see the first. */
    protected final List<Tensor> runAll(Tensor input, Function<Tensor, List<Tensor>> forward) {
        if (observer != null) {
            observer.applying(path, this, input);
        }
        try (Scope scope = Scope.open()) {
            List<Tensor> outputs = forward.apply(input);
            requireTensors(outputs);
            if (observer != null) {
                observer.applied(path, this, input, outputs.get(0));
            }
            outputs.forEach(scope::keep);
            return outputs;
        } catch (InputShapeException e) {
            throw e.in(label());
        } catch (NotInitializedException e) {
            throw e.in(this);
        }
    }

    private void requireTensors(List<Tensor> outputs) {
        boolean none = outputs == null || outputs.isEmpty();
        for (int i = 0; !none && i < outputs.size(); i++) {
            Tensor output = outputs.get(i);
            none = output == null;
            if (!none && output.isReleased()) {
                throw new IllegalStateException(label() + ": forward returned a tensor that was released; what a module"
                        + " keeps from one call to the next needs persist()");
            }
        }
        if (none) {
            throw new IllegalStateException(label() + ": forward returned null; return the tensor that it computed");
        }
    }

    // Structure
    // --------------------------------------------------------------------------------------------------------

    /**
     * Registers a part under a name, so that its parameters are this module's too. The same part may have several names; then
     * they share its parameters. Returns it.
     *
     * @param name without dots, which join names
     * @throws IllegalStateException if the network is initialised and the part has parameters
     */
    protected final <M extends Module> M child(String name, M module) {
        requireName("part", name);
        requireNoCycle(name, module);
        if (children.containsKey(name)) {
            throw new IllegalArgumentException(label() + ": has a part named " + name + " already");
        }
        requireFreeOfParameters("a part named " + name + " was added", module);
        put(name, module);
        return module;
    }

    /**
     * Puts another part in the place of one. Returns the earlier one.
     *
     * @throws IllegalStateException if the network is initialised and either of them has parameters
     */
    protected final Module replaceChild(String name, Module module) {
        Module earlier = children.get(name);
        if (earlier == null) {
            throw new IllegalArgumentException(
                    label() + ": has no part named " + name + "; there is " + children.keySet());
        }
        requireNoCycle(name, module);
        requireFreeOfParameters("its part " + name + " was replaced", earlier, module);
        put(name, module);
        return earlier;
    }

    private void put(String name, Module module) {
        children.put(name, module);
        if (network != null) { // a part without parameters, which needs no more to be initialised
            module.visit(join(path, name), (place, part) -> {
                part.path = place;
                part.network = network;
            });
        }
    }

    private void requireNoCycle(String name, Module module) {
        if (module == null) {
            throw new IllegalArgumentException(label() + ": the part " + name + " is null");
        }
        module.visit((place, part) -> {
            if (part == this) {
                throw new IllegalArgumentException(
                        label() + ": cannot be a part of itself, as " + (place.isEmpty() ? name : join(name, place)));
            }
        });
    }

    private void requireName(String what, String name) {
        if (name == null || name.isEmpty() || name.contains(".")) {
            throw new IllegalArgumentException(label() + ": a " + what + " is named '" + name
                    + "'; give a name without dots, which join the names of parts and parameters");
        }
    }

    private void requireFreeOfParameters(String change, Module... parts) {
        for (Module part : parts) {
            if (!part.parameters().isEmpty()) {
                requireNotInitialized(change);
            }
        }
    }

    /**
     * Refuses to change which parameters there are once they lie in memory: for setters that register some anew, before they
     * change anything.
     *
     * @param change what was done, for the message: {@code "bias() was set"}
     * @throws IllegalStateException if the network is initialised, naming it and this part
     */
    protected final void requireNotInitialized(String change) {
        if (isInitialized()) {
            throw new IllegalStateException(label() + (network == this ? "" : " of " + network.label()) + ": " + change
                    + " after initialize, which has laid out all parameters; do it before initialize");
        }
    }

    /**
     * Notes a name that a part or parameter of this module has in weights files of others, such as older ones: {@code norm.1} for what is
     * {@code norm1} now. Weights of either name are loaded. Returns this.
     *
     * @param former may have dots in it
     */
    public final Module formerly(String former, String current) {
        formerNames.put(former, current);
        return this;
    }

    /** The name that a parameter of this module, or of a part in it, has now. */
    final String currentName(String name) {
        String current = name;
        for (Map.Entry<String, String> each : formerNames.entrySet()) {
            String former = each.getKey();
            if (name.equals(former) || name.startsWith(former + ".")) {
                current = each.getValue() + name.substring(former.length());
            }
        }
        int dot = current.indexOf('.');
        Module part = dot < 0 ? null : children.get(current.substring(0, dot));
        return part == null ? current : current.substring(0, dot + 1) + part.currentName(current.substring(dot + 1));
    }

    /**
     * Registers a parameter under a name, in place of an earlier one of that name. Returns it.
     *
     * @param name without dots
     * @throws IllegalStateException if the network is initialised
     */
    protected final Parameter parameter(String name, Parameter.Kind kind, Initializer initializer, long... shape) {
        requireName("parameter", name);
        requireNotInitialized("parameter " + name + " was registered");
        Parameter parameter = new Parameter(name, kind, Shape.of(shape), initializer);
        parameters.put(name, parameter);
        return parameter;
    }

    /** Takes a parameter away, such as a bias that is not wanted. */
    protected final void removeParameter(String name) {
        requireNotInitialized("parameter " + name + " was removed");
        parameters.remove(name);
    }

    /** This module's own parts by name, in order. */
    public final Map<String, Module> children() {
        return Collections.unmodifiableMap(children);
    }

    /** All parameters and buffers by full name, in order of definition. */
    public final Map<String, Parameter> parameters() {
        Map<String, Parameter> all = new LinkedHashMap<>();
        visit(
                "",
                (prefix, module) ->
                        module.parameters.forEach((name, parameter) -> all.put(join(prefix, name), parameter)));
        return all;
    }

    /** This module's own parameters and buffers, without its parts'. */
    public final Collection<Parameter> ownParameters() {
        return Collections.unmodifiableCollection(parameters.values());
    }

    /** Calls the visitor for this module (with an empty name) and every part in it, with its full name. */
    public final void visit(BiConsumer<String, Module> visitor) {
        visit("", visitor);
    }

    private void visit(String prefix, BiConsumer<String, Module> visitor) {
        visitor.accept(prefix, this);
        children.forEach((name, module) -> module.visit(join(prefix, name), visitor));
    }

    private static String join(String prefix, String name) {
        return prefix.isEmpty() ? name : prefix + "." + name;
    }

    /** The full name in the network that {@link #initialize} was called on; empty for the network itself. */
    public final String path() {
        return path;
    }

    /** The number of trained values. */
    public final long parameterCount() {
        return parameters().values().stream()
                .distinct()
                .filter(parameter -> parameter.kind() != Parameter.Kind.BUFFER)
                .mapToLong(parameter -> parameter.shape().elements())
                .sum();
    }

    // Values
    // -----------------------------------------------------------------------------------------------------------

    /**
     * Allocates all parameters on a device and gives them their start values. Once that device is closed, the network may be
     * initialised on another. On a {@link MetaBackend} it takes no memory and no time.
     *
     * @param seed the same seed gives the same values on every device
     * @throws IllegalStateException if it has values on an open device, or a part of it has
     */
    public final void initialize(Device device, long seed) {
        visit((name, part) -> part.requireNoValues(this, name));
        Map<String, Parameter> all = parameters();
        flat = new FlatParameters(
                device,
                all.values().stream()
                        .filter(parameter -> parameter.kind() != Parameter.Kind.BUFFER)
                        .distinct()
                        .toList());
        Map<Parameter, Tensor> places = new IdentityHashMap<>();
        flat.entries().forEach(entry -> places.put(entry.parameter(), flat.valueOf(entry)));
        Rng random = new Rng(device, seed);
        boolean hasValues = !MetaBackend.isMeta(device);
        Set<Parameter> placed = Collections.newSetFromMap(new IdentityHashMap<>());
        all.forEach((name, parameter) -> {
            if (!placed.add(parameter)) {
                return; // a part that has two names keeps the first
            }
            Tensor place = places.get(parameter);
            if (place == null) {
                place = Tensor.empty(device, DType.FLOAT32, parameter.shape()).persist();
            }
            if (hasValues) {
                try (Scope scope = Scope.open()) {
                    place.copyFrom(parameter.initializer().create(parameter.shape(), random));
                }
            }
            parameter.place(name, place);
        });
        device.memory()
                .trim(); // start values were drawn in memory as large as the parameters; no step asks for such again
        visit((name, module) -> {
            module.path = name;
            module.network = this;
        });
    }

    private void requireNoValues(Module whole, String name) {
        if (isInitialized()) {
            String what = name.isEmpty() ? "" : "its part " + name + " ";
            String how = network == this ? "" : ", as part of " + network.label();
            throw new IllegalStateException(whole.label() + ": " + what + "is initialised already" + how + ", on "
                    + network.flat.device() + ", and would lose its values; initialize a network once, as a whole");
        }
    }

    /** Whether it has values, on a device that is open. */
    final boolean isInitialized() {
        return network != null && network.flat != null && !network.flat.values().isReleased();
    }

    /** The buffers that {@link #initialize} made on this network. */
    public final FlatParameters flatParameters() {
        if (flat == null) {
            throw new IllegalStateException(this + ": call initialize(device, seed) on the whole network first");
        }
        return flat;
    }

    // Mode
    // -------------------------------------------------------------------------------------------------------------

    /** Training mode (dropout drops, batch norm uses the batch's statistics) or evaluation mode, for all parts. Returns this. */
    public final Module setTraining(boolean training) {
        visit((name, module) -> module.training = training);
        return this;
    }

    public final boolean isTraining() {
        return training;
    }

    /** Whether somebody watches this part, so that nothing of it may be skipped or joined with other parts. */
    public final boolean isObserved() {
        return observer != null;
    }

    /** Watches every part from now on; null for none. */
    public final void observe(Observer observer) {
        visit((name, module) -> {
            module.path = name;
            module.observer = observer;
        });
    }

    /** For messages: the name in the network, and the kind of layer. */
    protected final String label() {
        String kind = getClass().getSimpleName();
        return (kind.isEmpty() ? "a module without a name" : kind) + (path.isEmpty() ? "" : " " + path);
    }

    /** The kind of layer and its settings, in one line. */
    @Override
    public String toString() {
        return getClass().getSimpleName();
    }
}
