package dev.tandem.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tandem.backend.Storage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A kernel's arguments, written one by one into native memory that is used again and again, and its start. The driver copies
 * them before it returns.
 */
final class Launch {
    static final int THREADS = 256;
    /** More blocks than fill any GPU; loops in the kernels take several elements then. */
    private static final int MOST_BLOCKS = 1 << 20;

    private static final int MOST_ARGUMENTS = 32;
    private static final int MOST_BYTES = 4096;

    private final Driver driver;
    private final Status status;
    private final Stream stream;
    private final MemorySegment values;
    private final MemorySegment addresses;
    private String name;
    private long function;
    private int count;
    private long used;
    private Storage operand;

    Launch(Arena arena, Driver driver, Status status, Stream stream) {
        this.driver = driver;
        this.status = status;
        this.stream = stream;
        this.values = arena.allocate(MOST_BYTES, 16);
        this.addresses = arena.allocate(JAVA_LONG, MOST_ARGUMENTS);
    }

    /** Begins the arguments of another kernel. */
    Launch of(String name, long function) {
        this.name = name;
        this.function = function;
        count = 0;
        used = 0;
        operand = null;
        return this;
    }

    /** The next argument: a pointer to elements; null for none. */
    Launch with(CudaStorage storage) {
        if (operand == null) {
            operand = storage;
        }
        return with(storage == null ? 0 : storage.address);
    }

    /** The next argument: a pointer or a {@code long long}. */
    Launch with(long value) {
        values.set(JAVA_LONG, slot(8), value);
        return this;
    }

    Launch with(int value) {
        values.set(JAVA_INT, slot(4), value);
        return this;
    }

    Launch with(float value) {
        values.set(JAVA_FLOAT, slot(4), value);
        return this;
    }

    Launch with(boolean value) {
        return with(value ? 1 : 0);
    }

    /** The next argument: a structure of {@code long long}s. */
    Launch with(long[] structure) {
        MemorySegment.copy(structure, 0, values, JAVA_LONG, slot(8L * structure.length), structure.length);
        return this;
    }

    /** The next argument: a structure of {@code int}s. */
    Launch with(int[] structure) {
        MemorySegment.copy(structure, 0, values, JAVA_INT, slot(4L * structure.length), structure.length);
        return this;
    }

    /** The next argument: a structure of {@code float}s. */
    Launch with(float[] structure) {
        MemorySegment.copy(structure, 0, values, JAVA_FLOAT, slot(4L * structure.length), structure.length);
        return this;
    }

    private long slot(long bytes) {
        long at = used;
        addresses.setAtIndex(JAVA_LONG, count++, values.address() + at);
        used = at + (bytes + 7) / 8 * 8;
        return at;
    }

    /** Starts a thread for each element, up to a number; nothing where there are none. */
    void over(long elements) {
        over(elements, 1);
    }

    /** Starts a thread for each element and part of the work; nothing where there are no elements. */
    void over(long elements, int parts) {
        if (elements > 0) {
            start((int) Math.min(MOST_BLOCKS, (elements + THREADS - 1) / THREADS), parts, THREADS);
        }
    }

    /** Starts a block for each row; nothing where there are none. */
    void blocks(long rows) {
        blocks(rows, 1);
    }

    /** Starts a block for each row and part of its work; nothing where there are no rows. */
    void blocks(long rows, int parts) {
        if (rows > 0) {
            start(Math.toIntExact(rows), parts, THREADS);
        }
    }

    /** Starts a single thread. */
    void once() {
        start(1, 1, 1);
    }

    private void start(int blocksX, int blocksY, int threads) {
        int result = driver.launch(function, blocksX, blocksY, threads, stream.value(), addresses);
        if (result != 0) {
            status.driver(result, name, operand);
        }
    }
}
