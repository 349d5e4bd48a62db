package dev.tandem.backend;

/** The device has no room. The message says what was asked for, what is live, cached and free, and the peak. */
public class OutOfDeviceMemoryException extends RuntimeException {
    private final long requestedBytes;
    private final transient MemoryStats stats;

    public OutOfDeviceMemoryException(String message, long requestedBytes, MemoryStats stats) {
        super(message);
        this.requestedBytes = requestedBytes;
        this.stats = stats;
    }

    public long requestedBytes() {
        return requestedBytes;
    }

    /** What the allocator held when it failed. */
    public MemoryStats stats() {
        return stats;
    }
}
