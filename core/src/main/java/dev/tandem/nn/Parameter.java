package dev.tandem.nn;

import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/**
 * A tensor that belongs to a module: one that is trained, or a buffer that is only saved with it, such as a running mean.
 * Until {@link Module#initialize} it has a shape and no values.
 */
public final class Parameter {
    /** What a parameter is for; penalties on weights usually leave biases and norms alone. */
    public enum Kind {
        WEIGHT,
        BIAS,
        /** Scale or shift of a normalisation. */
        NORM,
        /** Saved, not trained. */
        BUFFER
    }

    private final Kind kind;
    private final Shape shape;
    private final Initializer initializer;
    private String path;
    private Tensor value;
    private boolean frozen;

    Parameter(String name, Kind kind, Shape shape, Initializer initializer) {
        this.path = name;
        this.kind = kind;
        this.shape = shape;
        this.initializer = initializer;
    }

    /** Name in the whole network, such as {@code features.0.weight}; just its own name until initialised. */
    public String path() {
        return path;
    }

    public Kind kind() {
        return kind;
    }

    public Shape shape() {
        return shape;
    }

    public Initializer initializer() {
        return initializer;
    }

    /** @throws NotInitializedException if the module was not initialised */
    public Tensor value() {
        if (value == null) {
            throw new NotInitializedException(this);
        }
        return value;
    }

    public boolean isInitialized() {
        return value != null;
    }

    /** Whether training changes it. */
    public boolean isTrainable() {
        return kind != Kind.BUFFER && !frozen;
    }

    /** Keeps training from changing it, or lets it again. */
    public void setFrozen(boolean frozen) {
        this.frozen = frozen;
        if (value != null && kind != Kind.BUFFER) {
            value.setRequiresGradient(!frozen);
        }
    }

    void place(String path, Tensor value) {
        this.path = path;
        this.value = value;
        if (isTrainable()) {
            value.requireGradient();
        }
    }

    /** Gives place to other values for a while: null for none. */
    void replace(String path, Tensor value) {
        this.path = path;
        this.value = value;
    }

    @Override
    public String toString() {
        return path + " " + shape;
    }
}
