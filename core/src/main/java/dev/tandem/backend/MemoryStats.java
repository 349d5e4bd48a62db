package dev.tandem.backend;

/**
 * What a device's allocator holds.
 *
 * @param liveBytes bytes in storages that somebody references
 * @param cachedBytes bytes kept for reuse
 * @param peakBytes the most that was live at once
 * @param limitBytes the most that may be held, live and cached
 * @param liveStorages number of memory blocks that somebody references
 * @param systemAllocations how often the system was asked for memory, ever
 */
public record MemoryStats(
        long liveBytes, long cachedBytes, long peakBytes, long limitBytes, long liveStorages, long systemAllocations) {}
