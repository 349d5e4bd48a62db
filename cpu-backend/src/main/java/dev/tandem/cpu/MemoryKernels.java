package dev.tandem.cpu;

/** Loops that fill memory at absolute addresses and convert between types. */
interface MemoryKernels {
    /** Writes 8 bytes over and over; of what does not fill 8, the first. Memory is in the machine's byte order. */
    void fill(long address, long bytes, long pattern);
}
