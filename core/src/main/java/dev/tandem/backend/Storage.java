package dev.tandem.backend;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * The elements of one array on a device. Its shape and type are known to all; where and in which order the elements lie is
 * the backend's private matter. Reference-counted: the memory goes back to the device's pool when the last reference is
 * released. Not thread-safe: a storage lives on its device's thread.
 *
 * <p>Storages over the same memory know of each other's {@linkplain #changed changes}, so that backward can tell whether a
 * value that it needs is still the one that was used.
 */
public abstract class Storage {
    private final Shape shape;
    private final DType dtype;
    private int references = 1;
    private Storage memory = this; // the storage that keeps account of changes for all that share its memory
    private Storage whole; // in that one: the memory that it is a part of, null for none
    private Change change; // in that one: the last, null for none
    private Change changeOfPart; // in that one: the last of any of its parts

    /** A storage over memory of its own. */
    protected Storage(Shape shape, DType dtype) {
        this.shape = shape;
        this.dtype = dtype;
    }

    /** A storage over the memory of another, or some of it. */
    protected Storage(Storage sharing, Shape shape) {
        this(shape, sharing.dtype);
        memory = sharing.memory;
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

    /**
     * Keeps account of this storage's changes apart from those of the rest of the memory, for a window that overlaps no other
     * one in use: a parameter in the flat buffer of all. A change of the whole is one of each part. Returns this.
     */
    public final Storage asPart() {
        whole = memory;
        memory = this;
        return this;
    }

    /**
     * Says that elements have been overwritten. {@link MemoryOps} and {@link MathOps#axpby} do that by themselves; whoever asks
     * for another operation that overwrites one of its arguments says so.
     *
     * @param by the method, for messages: {@code set()}
     */
    public final void changed(String by) {
        Change now = new Change(Change.nextNumber(), by);
        memory.change = now;
        if (memory.whole != null) {
            memory.whole.changeOfPart = now;
        }
    }

    /** The last change of this memory in place; null if there was none. */
    public final Change lastChange() {
        return Change.later(memory.change, memory.whole == null ? memory.changeOfPart : memory.whole.change);
    }

    /** Whether no other storage (a view, say) shares this one's memory. */
    protected abstract boolean ownsMemoryAlone();

    /** Gives the memory back to the pool. */
    protected abstract void free();
}
