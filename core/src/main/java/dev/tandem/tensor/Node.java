package dev.tandem.tensor;

import dev.tandem.backend.Change;
import dev.tandem.backend.Storage;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * One recorded operation. Counted by the tensor it made and by the operations after it: when nobody can reach it any more,
 * what it saved is released, without waiting for the garbage collector.
 */
final class Node {
    /**
     * Where an input came from: a recorded operation, or a leaf that collects its gradient, or neither. Its gradient has its
     * shape and type.
     */
    record Edge(Node producer, Tensor leaf, Shape shape, DType dtype) {}

    /** Above those of all operations that it was computed from, and below the number of each change after it. */
    final long id = Change.nextNumber();

    final String operation;
    final Device device;
    final Edge[] edges;
    final Autograd.BackwardFunction function;
    private Storage[] saved;
    private final Storage output; // not retained: told from inputs in messages
    Storage gradient; // what the operations after it have given so far
    Consumer<Tensor> onGradient; // null for none
    private int references;

    Node(
            String operation,
            Device device,
            Storage output,
            Tensor[] inputs,
            Storage[] saved,
            Autograd.BackwardFunction function) {
        this.operation = operation;
        this.device = device;
        this.output = output;
        this.function = function;
        this.edges = new Edge[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            edges[i] = edge(inputs[i]);
        }
        this.saved = saved.clone();
        for (Storage storage : saved) {
            if (storage != null) {
                storage.retain();
            }
        }
    }

    private static Edge edge(Tensor input) {
        if (input == null || !input.requiresGradient()) {
            return new Edge(null, null, null, null);
        }
        Node producer = input.node();
        if (producer == null) {
            return new Edge(null, input, input.shape(), input.dtype());
        }
        producer.retain();
        return new Edge(producer, null, input.shape(), input.dtype());
    }

    /**
     * What was saved, borrowed; null if that is null.
     *
     * @throws IllegalStateException if it was overwritten since
     */
    Storage saved(int index) {
        Storage storage = saved[index];
        if (storage == null) {
            return null;
        }
        Change change = storage.lastChange();
        if (change != null && change.number() > id) {
            throw new IllegalStateException("backward of " + operation + ": its saved "
                    + (storage == output ? "output " : "input ") + storage.shape() + " was changed in place by "
                    + change.by() + " after it was used; change a copy, or run backward first");
        }
        return storage;
    }

    void retain() {
        references++;
    }

    /** Gives a reference back; without recursion, since networks can be thousands of operations deep. */
    void release() {
        ArrayDeque<Node> unreachable = new ArrayDeque<>();
        unreachable.add(this);
        while (!unreachable.isEmpty()) {
            Node node = unreachable.poll();
            if (--node.references > 0) {
                continue;
            }
            node.releaseSaved();
            for (Edge edge : node.edges) {
                if (edge.producer() != null) {
                    unreachable.add(edge.producer());
                }
            }
        }
    }

    void releaseSaved() {
        if (saved == null) {
            return;
        }
        for (Storage storage : saved) {
            if (storage != null) {
                storage.release();
            }
        }
        saved = null;
        releaseGradient();
    }

    void releaseGradient() {
        if (gradient != null) {
            gradient.release();
            gradient = null;
        }
    }

    boolean isFreed() {
        return saved == null;
    }
}
