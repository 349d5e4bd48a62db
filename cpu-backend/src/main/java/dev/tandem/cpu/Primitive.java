package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tandem.backend.pool.Block;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A oneDNN operation made ready for one shape, with its argument list. Made once, kept in one of {@link CpuRuntime}'s caches,
 * which closes it, and run by naming an address for each argument:
 *
 * <pre>{@code
 * primitive.with(ARG_SRC, x.address).with(ARG_DST, y.address).run(runtime);
 * }</pre>
 */
final class Primitive implements AutoCloseable {
    private static final int QUERY_IMPLEMENTATION = 8;
    private static final int QUERY_SCRATCHPAD = 136;
    private static final int QUERY_ARGUMENT = 255;
    private static final int MOST_ARGUMENTS = 16;
    private static final int ARGUMENT_BYTES = 16; // struct { int argument; dnnl_memory_t memory; }

    private final long descriptor;
    private final long handle;
    private final long arguments = NativeMemory.allocate(MOST_ARGUMENTS * ARGUMENT_BYTES);
    private final int[] kinds = new int[MOST_ARGUMENTS];
    private final long[] memories = new long[MOST_ARGUMENTS];
    private int count;
    private final long scratchpadBytes;
    private final String implementation;

    /** @param descriptor of oneDNN's {@code dnnl_…_primitive_desc_create}, made with {@link Attributes} */
    Primitive(long descriptor) {
        this.descriptor = descriptor;
        this.handle = OneDnn.create("dnnl_primitive_create", descriptor);
        this.scratchpadBytes = OneDnn.descriptorBytes(OneDnn.queryDescriptor(descriptor, QUERY_SCRATCHPAD, 0));
        this.implementation = queryImplementation();
    }

    /** Copies elements from one order or type to another. */
    static Primitive reorder(MemoryDescriptor from, MemoryDescriptor to) {
        return new Primitive(OneDnn.create(
                "dnnl_reorder_primitive_desc_create",
                from.handle(),
                OneDnn.ENGINE,
                to.handle(),
                OneDnn.ENGINE,
                Attributes.none()));
    }

    /** The primitive descriptor, as a hint for the backward's. */
    long descriptor() {
        return descriptor;
    }

    /** The order that the operation wants an argument in; it lives as long as this. */
    MemoryDescriptor argument(int kind) {
        return MemoryDescriptor.of(OneDnn.queryDescriptor(descriptor, QUERY_ARGUMENT, kind));
    }

    /** The name of oneDNN's implementation; one that starts with {@code ref} is slow. */
    String implementation() {
        return implementation;
    }

    private String queryImplementation() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            OneDnn.call("dnnl_primitive_desc_query", descriptor, QUERY_IMPLEMENTATION, 0, out.address());
            return MemorySegment.ofAddress(out.get(JAVA_LONG, 0))
                    .reinterpret(256)
                    .getString(0);
        }
    }

    /** Whether oneDNN has nothing but its slow reference code for this. */
    boolean isReference() {
        return implementation.contains("ref:"); // also where it is a part, after copies in another order
    }

    Primitive with(int kind, long address) {
        int slot = 0;
        while (slot < count && kinds[slot] != kind) {
            slot++;
        }
        if (slot == count) {
            kinds[slot] = kind;
            memories[slot] = OneDnn.create(
                    "dnnl_memory_create",
                    OneDnn.queryDescriptor(descriptor, QUERY_ARGUMENT, kind),
                    OneDnn.ENGINE,
                    address);
            NativeMemory.ALL.set(JAVA_INT, arguments + (long) slot * ARGUMENT_BYTES, kind);
            NativeMemory.ALL.set(JAVA_LONG, arguments + (long) slot * ARGUMENT_BYTES + 8, memories[slot]);
            count++;
        } else {
            OneDnn.setData(memories[slot], address);
        }
        return this;
    }

    void run(CpuRuntime runtime) {
        if (scratchpadBytes == 0) {
            execute(runtime);
            return;
        }
        Block scratchpad = runtime.allocator().allocate(scratchpadBytes, "oneDNN scratchpad");
        with(OneDnn.ARG_SCRATCHPAD, scratchpad.address);
        execute(runtime);
        runtime.allocator().release(scratchpad);
    }

    /** How much memory {@link #execute} wants as {@code ARG_SCRATCHPAD}. */
    long scratchpadBytes() {
        return scratchpadBytes;
    }

    /** Runs with a scratchpad that is named already, as other threads than the device's must. */
    void execute(CpuRuntime runtime) {
        OneDnn.execute(handle, runtime.stream(), count, arguments);
    }

    @Override
    public void close() {
        OneDnn.call("dnnl_primitive_destroy", handle);
        OneDnn.call("dnnl_primitive_desc_destroy", descriptor);
        for (int slot = 0; slot < count; slot++) {
            OneDnn.call("dnnl_memory_destroy", memories[slot]);
        }
        NativeMemory.free(arguments);
    }
}
