package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What oneDNN reads only while a primitive is made, and copies: descriptors of memory, attributes, lists of dimensions. All that
 * one primitive took is freed once it is made. A primitive that is made on the way, as a hint, has its own.
 */
final class Setup implements AutoCloseable {
    private static final ThreadLocal<Setup> CURRENT = new ThreadLocal<>();
    private static final int MOST_DIMENSIONS = 12;

    private record Temporary(String destroyer, long handle) {}

    private final Setup outer = CURRENT.get();
    private final Arena arena = Arena.ofConfined();
    private final List<Temporary> temporaries = new ArrayList<>();

    private Setup() {
        CURRENT.set(this);
    }

    /** Makes a primitive, or several, and frees what they were made of. */
    static <T> T of(Supplier<T> maker) {
        try (Setup setup = new Setup()) {
            return maker.get();
        }
    }

    private static Setup current() {
        Setup setup = CURRENT.get();
        if (setup == null) {
            throw new IllegalStateException("oneDNN's descriptors live only while a primitive is made");
        }
        return setup;
    }

    /** Creates an object by one of oneDNN's functions, as {@link OneDnn#create}, to be destroyed by another. */
    static long create(String creator, String destroyer, Object... arguments) {
        long handle = OneDnn.create(creator, arguments);
        current().temporaries.add(new Temporary(destroyer, handle));
        return handle;
    }

    /** An array of 12 dimensions, oneDNN's most. */
    static long dimensions(long... values) {
        MemorySegment segment = current().arena.allocate(MOST_DIMENSIONS * JAVA_LONG.byteSize(), Long.BYTES);
        MemorySegment.copy(values, 0, segment, JAVA_LONG, 0, values.length);
        return segment.address();
    }

    @Override
    public void close() {
        CURRENT.set(outer);
        temporaries.forEach(each -> OneDnn.call(each.destroyer, each.handle));
        arena.close();
    }
}
