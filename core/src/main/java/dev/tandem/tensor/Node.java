package dev.tandem.tensor;

import dev.tandem.backend.Storage;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * One recorded operation. Counted by the tensor it made and by the operations after it: when nobody can reach it any more,
 * what it saved is released, without waiting for the garbage collector.
 */
final class Node {
    private static final AtomicLong NEXT_ID = new AtomicLong();

    /**
     * Where an input came from: a recorded operation, or a leaf that collects its gradient, or neither. Its gradient has its
     * shape and type.
     */
    record Edge(Node producer, Tensor leaf, Shape shape, DType dtype) {}

    /** Grows with time, so that an operation's id is above those of all that it was computed from. */
    final long id = NEXT_ID.getAndIncrement();

    final String operation;
    final Device device;
    final Edge[] edges;
    final Autograd.BackwardFunction function;
    Storage[] saved;
    Storage gradient; // what the operations after it have given so far
    Consumer<Tensor> onGradient; // null for none
    private int references;

    Node(String operation, Device device, Tensor[] inputs, Storage[] saved, Autograd.BackwardFunction function) {
        this.operation = operation;
        this.device = device;
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
