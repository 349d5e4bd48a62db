package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.tandem.backend.pool.DeviceMemory;
import java.util.HashMap;
import java.util.Map;

/**
 * The system's memory for tests: bytes that nobody may write lie before and behind each block, and whoever reads them, or elements
 * that were never written, reads NaN of every floating type or an enormous index. Else a kernel that leaves its blocks goes unseen,
 * since the memory beside them is the process's own too.
 */
final class GuardedMemory implements DeviceMemory {
    /** The system property that switches it on, for devices that are opened afterwards. */
    static final String PROPERTY = "tandem.memory.guards";

    private static final int GUARD = 4096; // a page, so that blocks lie as they would without
    private static final short PATTERN = 0x7fba; // NaN in 16 bits of both kinds, and twice in 32

    private final DeviceMemory system = new NativeMemory.Pool();
    private final Map<Long, Long> sizes = new HashMap<>(); // of live blocks, by address

    @Override
    public long allocate(long bytes) {
        long all = GUARD + (bytes + 1) / 2 * 2 + GUARD;
        long start = system.allocate(all);
        if (start == 0) {
            return 0;
        }
        for (long at = start; at < start + all; at += Short.BYTES) {
            NativeMemory.ALL.set(JAVA_SHORT, at, PATTERN);
        }
        sizes.put(start + GUARD, bytes);
        return start + GUARD;
    }

    @Override
    public void free(long address) {
        sizes.remove(address);
        system.free(address - GUARD);
    }

    @Override
    public String damage(long address) {
        long end = address + sizes.get(address);
        for (long at = end; at < end + GUARD; at++) {
            if (isOverwritten(at)) {
                return "byte " + (at - end) + " behind";
            }
        }
        for (long at = address - 1; at >= address - GUARD; at--) {
            if (isOverwritten(at)) {
                return "byte " + (address - at) + " before";
            }
        }
        return "";
    }

    private static boolean isOverwritten(long address) {
        int pattern = address % 2 == 0 ? PATTERN : PATTERN >> Byte.SIZE; // little-endian
        return NativeMemory.ALL.get(JAVA_BYTE, address) != (byte) pattern;
    }
}
