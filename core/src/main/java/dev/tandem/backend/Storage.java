package dev.tandem.backend;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * The elements of one array on a device. Its shape and type are known to all; where and in which order the elements lie is
 * the backend's private matter. Reference-counted: the memory goes back to the device's pool when the last reference is
 * released. Not thread-safe: a storage lives on its device's thread.
 */
public abstract class Storage {
    private final Shape shape;
    private final DType dtype;
    private int references = 1;

    protected Storage(Shape shape, DType dtype) {
        this.shape = shape;
        this.dtype = dtype;
    }

    public final Shape shape() {
        return shape;
    }

    public final DType dtype() {
        return dtype;
    }

    /** Adds a reference; every retain needs its {@link #release}. Returns this. */
    public final Storage retain() {
        if (references <= 0) {
            throw new IllegalStateException(
                    "storage " + dtype + shape + " was used after its last reference was released");
        }
        references++;
        return this;
    }

    /** Gives a reference back; the last one frees the memory. */
    public final void release() {
        if (references <= 0) {
            throw new IllegalStateException("storage " + dtype + shape + " was released once too often");
        }
        if (--references == 0) {
            free();
        }
    }

    public final boolean isReleased() {
        return references <= 0;
    }

    /** Whether nobody but the one reference holder sees this memory, so that an operation may overwrite it. */
    public final boolean isExclusive() {
        return references == 1 && ownsMemoryAlone();
    }

    /** Whether no other storage (a view, say) shares this one's memory. */
    protected abstract boolean ownsMemoryAlone();

    /** Gives the memory back to the pool. */
    protected abstract void free();
}
