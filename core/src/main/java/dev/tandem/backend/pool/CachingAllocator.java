package dev.tandem.backend.pool;

import dev.tandem.backend.MemoryStats;
import dev.tandem.backend.OutOfDeviceMemoryException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Keeps freed memory for the next one who asks. A training step asks for the same sizes as the step before, so after the
 * first nothing more comes from the system.
 */
public final class CachingAllocator {
    /** Sizes are rounded up to this, so that slightly different ones share. */
    private static final long GRAIN = 512;

    private final String device;
    private final DeviceMemory system;
    private final long limitBytes;
    private final boolean trace;
    private final TreeMap<Long, ArrayDeque<Block>> free = new TreeMap<>();
    private final Set<Block> live = new HashSet<>();
    private boolean keeps = true;
    private long liveBytes;
    private long cachedBytes;
    private long peakBytes;
    private long systemAllocations;

    /**
     * @param device its name, for messages
     * @param limitBytes the most to hold, live and cached
     * @param trace whether blocks remember the code line that asked for them
     */
    public CachingAllocator(String device, DeviceMemory system, long limitBytes, boolean trace) {
        this.device = device;
        this.system = system;
        this.limitBytes = limitBytes;
        this.trace = trace;
    }

    /**
     * From now on blocks come from the system one by one, as large as asked for, and go back at once: slow, but tools that
     * look for accesses outside of blocks see them.
     */
    public void keepNothing() {
        keeps = false;
    }

    /**
     * @param owner what it is for, in an error message or a report
     * @throws OutOfDeviceMemoryException if there is no room even after giving back what is cached
     */
    public Block allocate(long bytes, Object owner) {
        if (bytes > limitBytes) { // before it is rounded up, maybe beyond the largest number
            throw outOfMemory(bytes, owner);
        }
        long size = keeps ? Math.max(GRAIN, (bytes + GRAIN - 1) / GRAIN * GRAIN) : Math.max(1, bytes);
        Block block = takeCached(size);
        if (block == null) {
            block = fromSystem(size, owner);
        }
        live.add(block);
        liveBytes += block.capacity;
        peakBytes = Math.max(peakBytes, liveBytes);
        block.revive();
        block.owner = trace ? owner + " at " + caller() : owner;
        return block;
    }

    /** Takes one reference to a block away; the last one returns it to the pool. */
    public void release(Block block) {
        if (!block.dropReference()) {
            return;
        }
        live.remove(block);
        liveBytes -= block.capacity;
        if (!keeps) {
            String damage = damage(block);
            system.free(block.address);
            refuse(damage);
            return;
        }
        cachedBytes += block.capacity;
        free.computeIfAbsent(block.capacity, size -> new ArrayDeque<>()).push(block);
    }

    /** The smallest cached block that wastes at most an eighth. */
    private Block takeCached(long size) {
        Map.Entry<Long, ArrayDeque<Block>> entry = free.ceilingEntry(size);
        if (entry == null || entry.getKey() - size > size / 8) {
            return null;
        }
        Block block = entry.getValue().pop();
        if (entry.getValue().isEmpty()) {
            free.remove(entry.getKey());
        }
        cachedBytes -= block.capacity;
        return block;
    }

    private Block fromSystem(long size, Object owner) {
        if (size > limitBytes - liveBytes - cachedBytes) {
            trim();
        }
        long address = size > limitBytes - liveBytes ? 0 : system.allocate(size);
        if (address == 0 && cachedBytes > 0) {
            trim();
            address = system.allocate(size);
        }
        if (address == 0) {
            throw outOfMemory(size, owner);
        }
        systemAllocations++;
        return new Block(address, size);
    }

    private OutOfDeviceMemoryException outOfMemory(long size, Object owner) {
        MemoryStats stats = stats();
        return new OutOfDeviceMemoryException(
                device + ": no room for " + megabytes(size) + " (" + owner + "): " + megabytes(liveBytes) + " in "
                        + live.size() + " blocks are live, " + megabytes(cachedBytes) + " are cached, the peak was "
                        + megabytes(peakBytes) + ", the limit is " + megabytes(limitBytes)
                        + system.describeFree()
                        + "; use a smaller batch or image size, or raise the limit",
                size,
                stats);
    }

    public static String megabytes(long bytes) {
        return bytes < 1 << 20 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
    }

    public MemoryStats stats() {
        return new MemoryStats(liveBytes, cachedBytes, peakBytes, limitBytes, live.size(), systemAllocations);
    }

    public void resetPeak() {
        peakBytes = liveBytes;
    }

    /** Gives cached blocks back to the system. */
    public void trim() {
        free.values().forEach(blocks -> blocks.forEach(block -> system.free(block.address)));
        free.clear();
        cachedBytes = 0;
    }

    /** Frees everything, live blocks too. */
    public void close() {
        trim();
        String damage = live.stream().map(this::damage).collect(Collectors.joining());
        live.forEach(block -> system.free(block.address));
        live.clear();
        liveBytes = 0;
        refuse(damage);
    }

    private String damage(Block block) {
        String damage = system.damage(block.address);
        return damage.isEmpty()
                ? ""
                : device + ": " + damage + " the " + block.capacity + " bytes of " + block.owner
                        + " was overwritten; a kernel left its block. ";
    }

    private static void refuse(String damage) {
        if (!damage.isEmpty()) {
            throw new IllegalStateException(damage.strip());
        }
    }

    public List<String> liveReport() {
        List<Block> blocks = new ArrayList<>(live);
        blocks.sort(Comparator.comparingLong((Block block) -> block.capacity).reversed());
        return blocks.stream()
                .map(block -> megabytes(block.capacity) + " " + block.owner)
                .toList();
    }

    /** The first code line outside of tensors and this backend; if that is a layer's or an optimizer's, the program's too. */
    private static String caller() {
        List<StackTraceElement> lines = StackWalker.getInstance().walk(frames -> frames.map(
                        StackWalker.StackFrame::toStackTraceElement)
                .filter(line ->
                        !isIn(line, "dev.tandem.backend.", "dev.tandem.cpu.", "dev.tandem.cuda.", "dev.tandem.tensor."))
                .toList());
        if (lines.isEmpty()) {
            return "an unknown line";
        }
        StackTraceElement first = lines.getFirst();
        return lines.stream()
                .filter(line -> !isIn(line, "dev.tandem.nn.", "dev.tandem.optim."))
                .findFirst()
                .filter(line -> line != first)
                .map(line -> first + ", called from " + line)
                .orElse(first.toString());
    }

    private static boolean isIn(StackTraceElement line, String... packages) {
        return Arrays.stream(packages).anyMatch(line.getClassName()::startsWith);
    }
}
