package dev.tandem.tensor;

import dev.tandem.backend.Storage;

/** What a backward function sees while it runs: the gradient of its output, what was saved, and where to give gradients. */
public final class Backward {
    private final Node node;
    private final Tensor gradient;
    private final Storage[] results;

    Backward(Node node, Tensor gradient) {
        this.node = node;
        this.gradient = gradient;
        this.results = new Storage[node.edges.length];
    }

    /** The gradient of the operation's output. */
    public Tensor gradient() {
        return gradient;
    }

    public Device device() {
        return node.device;
    }

    /**
     * What the operation saved, as a tensor of this backward's scope; null if it saved null. Ask only for what the gradients
     * that are {@linkplain #needs needed} are computed from, since anything else may well have changed.
     *
     * @throws IllegalStateException if it was changed in place since
     */
    public Tensor saved(int index) {
        Storage storage = node.saved(index);
        return storage == null ? null : Tensor.wrap(node.device, storage.retain());
    }

    /** Whether input {@code index} wants a gradient. */
    public boolean needs(int index) {
        Node.Edge edge = node.edges[index];
        return edge.producer() != null || edge.leaf() != null;
    }

    /**
     * Gives an input its gradient, in whatever floating type; axes that the input was broadcast along are summed. Gradients not
     * wanted are dropped.
     */
    public void give(int index, Tensor value) {
        if (needs(index)) {
            Node.Edge edge = node.edges[index];
            results[index] =
                    value.sumTo(edge.shape()).cast(edge.dtype()).storage().retain();
        }
    }

    /** Gives an input its gradient as a storage of the input's shape and any floating type, taking over one reference. */
    public void give(int index, Storage value) {
        if (needs(index) && value.dtype() == node.edges[index].dtype()) {
            results[index] = value;
            return;
        }
        if (needs(index)) {
            results[index] = node.device.memory().cast(value, node.edges[index].dtype());
        }
        value.release();
    }

    /**
     * A plain-order storage of the input's shape and type to write its gradient to and then {@link #give}: where the gradient
     * has to go in the end, if it has such a place, so that nothing is copied. Null if no gradient is wanted.
     */
    public Storage target(int index) {
        Node.Edge edge = node.edges[index];
        if (!needs(index)) {
            return null;
        }
        Storage place = edge.leaf() == null ? null : edge.leaf().claimGradientTarget();
        return place != null ? place.retain() : node.device.memory().allocate(edge.shape(), edge.dtype());
    }

    /** Hands a result's reference over; null if there is none. */
    Storage takeResult(int index) {
        Storage result = results[index];
        results[index] = null;
        return result;
    }

    /** What an error kept from being taken. */
    void releaseResults() {
        for (Storage result : results) {
            if (result != null) {
                result.release();
            }
        }
    }
}
