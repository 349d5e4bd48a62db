package dev.tandem.backend.pool;

/** Where a {@link CachingAllocator} takes memory from. */
public interface DeviceMemory {
    /** Uninitialised memory, or 0 if there is none. */
    long allocate(long bytes);

    void free(long address);

    /** Which byte outside of a live block was overwritten, in words for an error message; empty if none, or if nobody watches. */
    default String damage(long address) {
        return "";
    }

    /** What the device says is free, in words for an error message; empty where nobody knows. */
    default String describeFree() {
        return "";
    }
}
