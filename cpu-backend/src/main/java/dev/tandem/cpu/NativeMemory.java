package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tandem.backend.pool.DeviceMemory;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** The system's aligned memory, by plain addresses. */
final class NativeMemory {
    /** All memory; kernels read and write it at absolute addresses. */
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final long ALIGNMENT = 64; // a cache line, and the widest vector
    private static final long HUGE_PAGE = 2L << 20;
    private static final int MADV_HUGEPAGE = 14;
    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");
    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");
    private static final MethodHandle ALLOCATE = WINDOWS ? find("_aligned_malloc", true) : find("aligned_alloc", true);
    private static final MethodHandle FREE = find(WINDOWS ? "_aligned_free" : "free", false);
    private static final MethodHandle ADVISE = LINUX
            ? Linker.nativeLinker()
                    .downcallHandle(
                            symbols().findOrThrow("madvise"),
                            FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT))
            : null;

    private NativeMemory() {}

    /** What the caching allocator takes from. */
    static final class Pool implements DeviceMemory {
        @Override
        public long allocate(long bytes) {
            return NativeMemory.allocate(bytes);
        }

        @Override
        public void free(long address) {
            NativeMemory.free(address);
        }
    }

    private static SymbolLookup symbols() {
        return WINDOWS
                ? SymbolLookup.libraryLookup("ucrtbase", java.lang.foreign.Arena.global())
                : Linker.nativeLinker().defaultLookup();
    }

    private static MethodHandle find(String name, boolean returnsAddress) {
        MemorySegment symbol = symbols().findOrThrow(name);
        FunctionDescriptor descriptor = returnsAddress
                ? FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG)
                : FunctionDescriptor.ofVoid(JAVA_LONG);
        return Linker.nativeLinker().downcallHandle(symbol, descriptor);
    }

    /** Uninitialised memory at a multiple of 64 bytes; 0 if there is none. */
    static long allocate(long bytes) {
        boolean large = LINUX && bytes >= 2 * HUGE_PAGE;
        long alignment = large ? HUGE_PAGE : ALIGNMENT;
        long size = (bytes + alignment - 1) / alignment * alignment;
        try {
            long address = WINDOWS
                    ? (long) ALLOCATE.invokeExact(size, alignment)
                    : (long) ALLOCATE.invokeExact(alignment, size);
            if (large && address != 0) {
                // Huge pages: fewer page faults and table look-ups on tensors of many megabytes. A refusal does no
                // harm.
                int ignored = (int) ADVISE.invokeExact(address, size, MADV_HUGEPAGE);
            }
            return address;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    static void free(long address) {
        try {
            FREE.invokeExact(address);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** {@code bytes} of memory at an address. */
    static MemorySegment segment(long address, long bytes) {
        return ALL.asSlice(address, bytes);
    }
}
