package dev.tandem.cpu;

/** Memory that storages share: one of them and its views. */
final class Block {
    final long address;
    /** What it can hold, a multiple of the allocator's grain. */
    final long capacity;

    Object owner; // for reports, written out only there
    int references;

    Block(long address, long capacity) {
        this.address = address;
        this.capacity = capacity;
    }
}
