package dev.tandem.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/** Whether a person is looking. */
final class Terminal {
    private static final int STANDARD_ERROR = 2;

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
}
