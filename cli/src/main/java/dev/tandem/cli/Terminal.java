package dev.tandem.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Whether a person is looking. */
final class Terminal {
    private static final int STANDARD_ERROR = 2;
    private static final int USUAL_COLUMNS = 80;
    private static final boolean MAC = System.getProperty("os.name").startsWith("Mac");
    private static final long TIOCGWINSZ = MAC ? 0x40087468L : 0x5413L;

    private Terminal() {}

    /** Whether lines on standard error may be written over: a terminal, and no build machine's. */
    static boolean isInteractive() {
        String term = System.getenv("TERM");
        String ci = System.getenv("CI");
        return term != null
                && !term.equals("dumb")
                && (ci == null || ci.isEmpty() || ci.equals("false"))
                && isTerminal();
    }

    /** As the C library tells it: Java knows of standard input and output only. */
    private static boolean isTerminal() {
        try {
            Linker linker = Linker.nativeLinker();
            return (int) linker.downcallHandle(
                                    linker.defaultLookup().findOrThrow("isatty"),
                                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                            .invokeExact(STANDARD_ERROR)
                    == 1;
        } catch (Throwable e) { // no such function on this system
            return false;
        }
    }

    /** Of the terminal that standard error is, as it is now; 80 where it does not say. */
    static int columns() {
        Linker linker = Linker.nativeLinker();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(ValueLayout.JAVA_SHORT, 4); // rows, columns, and pixels
            int failed = (int) linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("ioctl"),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.ADDRESS),
                            Linker.Option.firstVariadicArg(2))
                    .invokeExact(STANDARD_ERROR, TIOCGWINSZ, size);
            int columns = size.getAtIndex(ValueLayout.JAVA_SHORT, 1) & 0xffff;
            return failed != 0 || columns == 0 ? USUAL_COLUMNS : columns;
        } catch (Throwable e) { // no such function on this system
            return USUAL_COLUMNS;
        }
    }
}
