package dev.tandem.tensor;

/**
 * Releases the tensors that were made in it when it closes, but for those that {@link #keep} moved outward. Scopes nest; a
 * tensor belongs to the innermost one open on its thread. A training loop opens one a step.
 *
 * <pre>{@code
 * try (Scope step = Scope.open()) {
 *     Tensor loss = model.apply(images).crossEntropy(labels);
 *     ...
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

    /** Moves a tensor to the enclosing scope, so that it outlives this one. Returns it. */
    public Tensor keep(Tensor tensor) {
        tensor.moveTo(outer == null ? tensor.device().scope() : outer);
        return tensor;
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
