package dev.tandem.nn;

import dev.tandem.backend.Activation;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Layers one after the other. A layer's output is released as soon as the next has used it, so evaluation holds two at a time
 * and training what backward needs. An activation is computed as the last part of the layer before it where that layer
 * {@linkplain FusesActivation can}, a ReLU before max-pooling as part of that; observed networks run every layer by itself, so that observers see each output.
 *
 * <pre>{@code
 * new Sequential()
 *         .add("conv", new Conv2d(1, 6, 5).padding(2))
 *         .add("relu", new ReLU())
 * }</pre>
 */
public class Sequential extends Module {
    private final List<Module> layers = new ArrayList<>();
    private final List<String> names = new ArrayList<>();

    /** Layers named 0, 1, 2, … */
    public Sequential(Module... layers) {
        for (Module layer : layers) {
            add(layer);
        }
    }

    /** Appends a layer named by its position: 0, 1, 2, … */
    public final Sequential add(Module layer) {
        return add(Integer.toString(layers.size()), layer);
    }

    public final Sequential add(String name, Module layer) {
        layers.add(child(name, layer));
        names.add(name);
        return this;
    }

    /**
     * Puts another layer in the place of one, as for a new head.
     *
     * @throws IllegalStateException if the network that this is, or is a part of, is initialised and either layer has parameters
     */
    public final Sequential replace(String name, Module layer) {
        replaceChild(name, layer);
        layers.set(names.indexOf(name), layer);
        return this;
    }

    public final int size() {
        return layers.size();
    }

    public final Module get(int index) {
        return layers.get(index);
    }

    @Override
    protected Tensor forward(Tensor input) {
        return forward(input, 0, layers.size());
    }

    /** Through the layers with indices from {@code from} to before {@code to}. */
    final Tensor forward(Tensor input, int from, int to) {
        try (Scope between = Scope.open()) {
            Tensor current = input;
            for (int i = from; i < to; i++) {
                Activation activation = fusedBehind(i, to);
                Tensor output;
                if (isRectifiedPool(i, to)) {
                    output = ((MaxPool2d) layers.get(i + 1)).applyRectified(current);
                    i++;
                } else if (activation == null) {
                    output = layers.get(i).apply(current);
                } else {
                    output = ((FusesActivation) layers.get(i)).apply(current, activation);
                    i++;
                }
                if (current != output && between.owns(current)) {
                    current.release(); // made here, used up here; the tape keeps what it needs
                }
                current = output;
            }
            return between.keep(current);
        }
    }

    /** Whether layer {@code index} is a ReLU that the next, a max-pooling, takes over. */
    private boolean isRectifiedPool(int index, int to) {
        return index + 1 < to
                && layers.get(index) instanceof ReLU
                && layers.get(index + 1) instanceof MaxPool2d
                && !layers.get(index).isObserved()
                && !layers.get(index + 1).isObserved();
    }

    /** The activation that layer {@code index} takes over from the next; null if none. */
    private Activation fusedBehind(int index, int to) {
        Module layer = layers.get(index);
        if (index + 1 == to || !(layer instanceof FusesActivation) || isRectifiedPool(index + 1, to)) {
            return null;
        }
        Module next = layers.get(index + 1);
        boolean free = !layer.isObserved() && !next.isObserved();
        return free && next instanceof ActivationLayer ? ((ActivationLayer) next).fusible() : null;
    }
}
