package dev.tandem.cli;

import dev.tandem.backend.MemoryStats;
import dev.tandem.tensor.Device;
import java.util.List;

/** What a device's memory is used for. */
final class MemoryReport {
    private static final int LINES = 20;

    private MemoryReport() {}

    static String of(Device device) {
        MemoryStats stats = device.memoryStats();
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                "memory of %s: %s live in %d blocks, %s cached, the peak was %s, the limit is %s;"
                        + " %d allocations from the system",
                device.name(),
                Format.bytes(stats.liveBytes()),
                stats.liveStorages(),
                Format.bytes(stats.cachedBytes()),
                Format.bytes(stats.peakBytes()),
                Format.bytes(stats.limitBytes()),
                stats.systemAllocations()));
        List<String> blocks = device.memory().liveReport();
        blocks.stream().limit(LINES).forEach(block -> text.append("\n  ").append(block));
        if (blocks.size() > LINES) {
            text.append("\n  and ").append(blocks.size() - LINES).append(" smaller ones");
        }
        String caches = device.memory().cacheReport();
        if (!caches.isEmpty()) {
            text.append("\n  kept for shapes that may come again: ").append(caches);
        }
        return text.toString();
    }
}
