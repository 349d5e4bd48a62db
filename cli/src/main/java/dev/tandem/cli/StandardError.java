package dev.tandem.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/**
 * Standard error as the launcher was given it. The launcher puts a filter in its place while Java starts, against one warning of
 * Java's; once it is back, nothing lies between Tandem and a terminal.
 */
final class StandardError {
    /** Number of the descriptor that the launcher keeps it as. */
    private static final String KEPT = "tandem.stderr";

    private static final int STANDARD_ERROR = 2;

    private StandardError() {}

    /** Does nothing where no launcher has put anything in its place. */
    static void restore() {
        Integer kept = Integer.getInteger(KEPT);
        if (kept == null) {
            return;
        }
        System.clearProperty(KEPT); // a process started from here has no such descriptor
        Linker linker = Linker.nativeLinker();
        try {
            int copied = (int) linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("dup2"),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                    .invokeExact((int) kept, STANDARD_ERROR);
        } catch (Throwable e) {
            // The filter stays: all is shown, but progress is not drawn.
        }
    }
}
