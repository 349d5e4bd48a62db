package dev.tandem.tensor;

/**
 * Releases the tensors that were made in it when it closes, but for those that {@link #keep} moved outward. Scopes nest; a
 * tensor belongs to the innermost one open on its thread. A training loop opens one a step.
 *
 * <pre>{@code
 * try (Scope step = Scope.open()) {
 *     Tensor loss = Losses.crossEntropy(network.apply(images), labels);
 *     loss.backward();
 *     optimizer.step();
 * }
 * }</pre>
 */
public final class Scope implements AutoCloseable {
    private static final ThreadLocal<Scope> INNERMOST = new ThreadLocal<>();

    private final Scope outer;
    private Tensor first; // a list linked through the tensors, so that a release in its middle costs nothing
    private boolean closed;

    private Scope(Scope outer) {
        this.outer = outer;
    }

    /** Opens a scope inside this thread's innermost one. */
    public static Scope open() {
        Scope scope = new Scope(INNERMOST.get());
        INNERMOST.set(scope);
        return scope;
    }

    static Scope root() {
        return new Scope(null);
    }

    /** The scope that a new tensor belongs to. */
    static Scope innermost(Device device) {
        Scope scope = INNERMOST.get();
        return scope == null ? device.scope() : scope;
    }

    /**
     * Lets a tensor outlive this scope: moves it to the enclosing one if it belongs to this scope, or to one inside this. What
     * lives longer anyway, such as a parameter, stays where it belongs. Returns the tensor.
     */
    public Tensor keep(Tensor tensor) {
        Scope owner = tensor.scope();
        while (owner != null && owner != this) {
            owner = owner.outer;
        }
        if (owner == this) {
            tensor.moveTo(outer == null ? tensor.device().scope() : outer);
        }
        return tensor;
    }

    /** Whether a tensor is released when this scope closes, but not before. */
    public boolean owns(Tensor tensor) {
        return tensor.scope() == this;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (INNERMOST.get() != this) {
            throw new IllegalStateException(
                    "a scope must close on its own thread and before the scopes around it; use try-with-resources");
        }
        closed = true;
        INNERMOST.set(outer);
        releaseAll();
    }

    void releaseAll() {
        while (first != null) {
            first.release();
        }
    }

    void add(Tensor tensor) {
        tensor.next = first;
        if (first != null) {
            first.previous = tensor;
        }
        first = tensor;
    }

    void remove(Tensor tensor) {
        if (tensor.previous == null) {
            first = tensor.next;
        } else {
            tensor.previous.next = tensor.next;
        }
        if (tensor.next != null) {
            tensor.next.previous = tensor.previous;
        }
        tensor.previous = null;
        tensor.next = null;
    }
}
