package dev.tandem.backend.pool;

/** Memory that storages share: one of them and its views. */
public final class Block {
    public final long address;
    /** What it can hold, a multiple of the allocator's grain. */
    final long capacity;

    Object owner; // for reports, written out only there
    private int references = 1;

    Block(long address, long capacity) {
        this.address = address;
        this.capacity = capacity;
    }

    /** Adds a reference, for another storage on the same memory. */
    public void retain() {
        references++;
    }

    /** Takes a reference away; whether it was the last one. */
    boolean dropReference() {
        return --references == 0;
    }

    /** Makes a cached block live again. */
    void revive() {
        references = 1;
    }

    /** Whether one storage alone uses this memory. */
    public boolean isUnshared() {
        return references == 1;
    }
}
