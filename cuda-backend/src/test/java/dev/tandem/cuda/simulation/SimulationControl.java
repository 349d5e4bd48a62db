package dev.tandem.cuda.simulation;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;

/** The functions by which tests steer the simulated CUDA: settings, injected failures, diagnoses, counters. */
public final class SimulationControl {
    private static SimulationControl instance;

    private final SymbolLookup library;
    private final MethodHandle set;
    private final MethodHandle clear;
    private final MethodHandle count;

    private SimulationControl(Path folder) {
        library = SymbolLookup.libraryLookup(folder.resolve("libcuda.so.1"), Arena.global());
        set = function(
                "tandem_sim_set",
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        clear = function("tandem_sim_clear", FunctionDescriptor.ofVoid());
        count = function("tandem_sim_count", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
    }

    static synchronized SimulationControl of(Path folder) {
        if (instance == null) {
            instance = new SimulationControl(folder);
        }
        return instance;
    }

    /** Changes a setting, as the environment variable {@code TANDEM_SIM_<key>} would have; an empty value is the default. */
    public void set(String key, String value) {
        try (Arena arena = Arena.ofConfined()) {
            int status = (int) set.invokeExact(arena.allocateFrom(key), arena.allocateFrom(value));
            assert status == 0;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The {@code nth} call of a function from now, counted from 1, does nothing but answer with the status. */
    public void failCall(String function, int nth, int status) {
        set("FAIL", function + ":" + nth + ":" + status);
    }

    /** What the program did wrong so far; empty if nothing. */
    public List<String> diagnoses() {
        return lines("tandem_sim_diagnostics");
    }

    /** Handles and memory that are live now. */
    public List<String> leaks() {
        return lines("tandem_sim_leaks");
    }

    /** Forgets diagnoses and ordered failures, and sets the counters to zero. */
    public void clear() {
        try {
            clear.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** How often a function was called since {@link #clear}; names without {@code _v2}. */
    public long count(String function) {
        try (Arena arena = Arena.ofConfined()) {
            return (long) count.invokeExact(arena.allocateFrom(function));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> lines(String name) {
        MethodHandle read = function(
                name, FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
        try (Arena arena = Arena.ofConfined()) {
            long length = (long) read.invokeExact(MemorySegment.NULL, 0L);
            MemorySegment buffer = arena.allocate(length + 1);
            long again = (long) read.invokeExact(buffer, length + 1);
            assert again == length;
            return buffer.getString(0).lines().toList();
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private MethodHandle function(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), descriptor);
    }
}
