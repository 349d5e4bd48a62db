package dev.tandem.tensor;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.Storage;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Goes back from one tensor through everything it was computed from, latest operation first. What an operation saved is
 * released as soon as its backward has run.
 */
final class BackwardPass {
    private final boolean keepGraph;
    /** Latest first: what comes out has got its gradient from everything after it. */
    private final PriorityQueue<Node> ready =
            new PriorityQueue<>(Comparator.comparingLong((Node node) -> node.id).reversed());

    private final Map<Tensor, Integer> leafUses = new IdentityHashMap<>();

    BackwardPass(boolean keepGraph) {
        this.keepGraph = keepGraph;
    }

    /** @param gradient one reference, taken over */
    void run(Node root, Storage gradient) {
        try {
            collect(root);
        } catch (RuntimeException e) {
            gradient.release();
            throw e;
        }
        root.gradient = gradient;
        try (Autograd.NoGrad off = Autograd.noGrad()) {
            while (!ready.isEmpty()) {
                step(ready.poll());
            }
        } finally {
            ready.forEach(Node::releaseGradient); // of those that an error kept from running
        }
    }

    private void step(Node node) {
        if (node.gradient == null) { // nothing flowed back to here, but its leaves must hear that
            for (Node.Edge edge : node.edges) {
                deliver(edge, null);
            }
        } else {
            try (Scope scope = Scope.open()) {
                Tensor gradient = Tensor.wrap(node.device, node.gradient);
                node.gradient = null;
                if (node.onGradient != null) {
                    node.onGradient.accept(gradient);
                }
                Backward backward = new Backward(node, gradient);
                try {
                    node.function.run(backward);
                    for (int i = 0; i < node.edges.length; i++) {
                        deliver(node.edges[i], backward.takeResult(i));
                    }
                } finally {
                    backward.releaseResults();
                }
            }
        }
        if (!keepGraph) {
            node.releaseSaved();
        }
    }

    private void deliver(Node.Edge edge, Storage value) {
        if (edge.producer() != null && value != null) {
            if (edge.producer().gradient == null) {
                edge.producer().gradient = value;
            } else {
                edge.producer().gradient = sum(edge.producer().device.math(), edge.producer().gradient, value);
            }
        } else if (edge.leaf() != null) {
            if (value != null) {
                edge.leaf().accumulateGradient(value);
            }
            if (leafUses.merge(edge.leaf(), -1, Integer::sum) == 0) {
                edge.leaf().gradientIsReady();
            }
        }
    }

    /** Takes over both references, returns one. */
    static Storage sum(MathOps math, Storage a, Storage b) {
        Storage total;
        if (a.isExclusive()) {
            math.axpby(1, b, 1, a);
            total = a.retain();
        } else {
            total = math.binary(BinaryOp.ADD, a, b);
        }
        a.release();
        b.release();
        return total;
    }

    /**
     * Finds every operation to go through, and counts how often each leaf was used: its gradient is ready when every operation
     * that used it has given its part.
     */
    private void collect(Node root) {
        Set<Node> seen = new HashSet<>();
        ArrayDeque<Node> pending = new ArrayDeque<>();
        pending.add(root);
        seen.add(root);
        while (!pending.isEmpty()) {
            Node node = pending.poll();
            if (node.isFreed()) {
                throw new IllegalStateException("backward: operation " + node.operation
                        + " has released what it saved in an earlier backward; call backward(true) there to keep it");
            }
            for (Node.Edge edge : node.edges) {
                if (edge.leaf() != null) {
                    leafUses.merge(edge.leaf(), 1, Integer::sum);
                } else if (edge.producer() != null && seen.add(edge.producer())) {
                    pending.add(edge.producer());
                }
            }
        }
        ready.addAll(seen);
    }
}
