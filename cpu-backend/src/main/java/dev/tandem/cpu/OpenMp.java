package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/**
 * The OpenMP library that oneDNN runs on. Our own loops run on its threads too: its workers spin for a while after each
 * region, and threads of our own beside them were measured 2 to 300 times slower.
 */
final class OpenMp {
    private static final Optional<SymbolLookup> LIBRARY = find();
    private static final Optional<MethodHandle> SET_THREADS =
            handle("omp_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));
    private static final Optional<MethodHandle> THREAD_NUMBER =
            handle("omp_get_thread_num", FunctionDescriptor.of(JAVA_INT));
    private static final Optional<MethodHandle> TEAM_SIZE =
            handle("omp_get_num_threads", FunctionDescriptor.of(JAVA_INT));
    // GNU's entry point for a parallel region; the argument order is function, data, threads, flags.
    private static final Optional<MethodHandle> PARALLEL =
            handle("GOMP_parallel", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT));
    private static final long REGION = PARALLEL.isPresent() ? stub() : 0;

    private OpenMp() {}

    static void load() {
        // Done by the static initialiser.
    }

    private static Optional<SymbolLookup> find() {
        if (!Loader.getPlatform().startsWith("linux")) {
            return Optional.empty(); // oneDNN finds its OpenMP by itself; our loops use Java threads
        }
        limitSpinning();
        return Optional.of(OneDnn.library(Map.of("linux", "libgomp.so.1")));
    }

    /**
     * Workers wait for the next region by spinning, by default for a millisecond or more, which starves whoever shares the
     * machine. This many turns bridge the gaps within a training step. The user's own environment goes first.
     */
    private static void limitSpinning() {
        MethodHandle setEnvironment = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("setenv"),
                        FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
        if (System.getenv("OMP_WAIT_POLICY") != null) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            int ignored = (int)
                    setEnvironment.invokeExact(arena.allocateFrom("GOMP_SPINCOUNT"), arena.allocateFrom("20000"), 0);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static Optional<MethodHandle> handle(String name, FunctionDescriptor descriptor) {
        return LIBRARY.flatMap(library -> library.find(name))
                .map(symbol -> Linker.nativeLinker().downcallHandle(symbol, descriptor));
    }

    private static long stub() {
        try {
            MethodHandle region = MethodHandles.lookup()
                    .findStatic(OpenMp.class, "region", MethodType.methodType(void.class, long.class));
            return Linker.nativeLinker()
                    .upcallStub(region, FunctionDescriptor.ofVoid(JAVA_LONG), Arena.global())
                    .address();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** Whether {@link #run} works here. */
    static boolean isAvailable() {
        return PARALLEL.isPresent();
    }

    /** The number of threads for regions that the calling thread starts. */
    static void setThreads(int threads) {
        SET_THREADS.ifPresent(function -> {
            try {
                function.invokeExact(threads);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        });
    }

    /** One part of a parallel region. Must not throw. */
    interface Part {
        void run(int thread, int threads);
    }

    /** Devices that can be open at once. */
    static final int MOST_DEVICES = 1024;

    private static final Part[] PARTS = new Part[MOST_DEVICES]; // regions under way, by the number of their device

    /**
     * Runs the part once on each of some threads, and waits for all.
     *
     * @param device a number below {@link #MOST_DEVICES} that no other region under way has
     */
    static void run(int device, int threads, Part part) {
        PARTS[device] = part;
        try {
            PARALLEL.get().invokeExact(REGION, (long) device, threads, 0);
        } catch (Throwable e) {
            throw new AssertionError(e);
        } finally {
            PARTS[device] = null;
        }
    }

    private static void region(long device) {
        try {
            PARTS[(int) device].run((int) THREAD_NUMBER.get().invokeExact(), (int)
                    TEAM_SIZE.get().invokeExact());
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
