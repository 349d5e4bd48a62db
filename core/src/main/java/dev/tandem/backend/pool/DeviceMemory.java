package dev.tandem.backend.pool;

/** Where a {@link CachingAllocator} takes memory from. */
public interface DeviceMemory {
    /** Uninitialised memory, or 0 if there is none. */
    long allocate(long bytes);

    void free(long address);

    /** What the device says is free, in words for an error message; empty where nobody knows. */
    default String describeFree() {
        return "";
    }
}
