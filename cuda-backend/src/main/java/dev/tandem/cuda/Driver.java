package dev.tandem.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * NVIDIA's driver, as far as JCuda is not to be asked: whether it is there and what GPUs it has, since JCuda's class of it
 * never recovers from a missing library; and launches, since they cost 0.02 µs so and 4 µs through JCuda.
 */
final class Driver {
    private static final String LIBRARY = "libcuda.so.1";
    /** Where Windows' subsystem for Linux and NixOS have it, which not every system's loader is told. */
    private static final List<Path> UNTOLD = List.of(Path.of("/usr/lib/wsl/lib"), Path.of("/run/opengl-driver/lib"));

    private static final int COMPUTE_CAPABILITY_MAJOR = 75;
    private static final int COMPUTE_CAPABILITY_MINOR = 76;
    private static final int MULTIPROCESSORS = 16;

    private final SymbolLookup library;
    private final MethodHandle launch;
    private final MethodHandle errorName;
    private final MethodHandle errorString;

    private Driver(SymbolLookup library) {
        this.library = library;
        this.launch = handle(
                "cuLaunchKernel",
                JAVA_LONG,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                ADDRESS,
                ADDRESS);
        this.errorName = handle("cuGetErrorName", JAVA_INT, ADDRESS);
        this.errorString = handle("cuGetErrorString", JAVA_INT, ADDRESS);
    }

    /** The driver; null if its library is not on this machine. */
    static Driver find() {
        Optional<Driver> named = CudaFolders.named().flatMap(home -> findIn(CudaFolders.inside(home)));
        if (named.isPresent()) {
            return named.get();
        }
        try {
            return new Driver(SymbolLookup.libraryLookup(LIBRARY, Arena.global()));
        } catch (IllegalArgumentException e) {
            return findIn(UNTOLD).orElse(null);
        }
    }

    private static Optional<Driver> findIn(List<Path> folders) {
        for (Path folder : folders) {
            Path file = folder.resolve(LIBRARY).toAbsolutePath();
            if (Files.exists(file)) {
                System.load(file.toString()); // what asks for its name later gets this one
                return Optional.of(new Driver(SymbolLookup.libraryLookup(file, Arena.global())));
            }
        }
        return Optional.empty();
    }

    private MethodHandle handle(String name, MemoryLayout... arguments) {
        return Linker.nativeLinker()
                .downcallHandle(library.findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
    }

    /** 0 if the driver works. */
    int initialize() {
        return call(handle("cuInit", JAVA_INT), 0);
    }

    /** The newest CUDA that it can serve: 12060 for 12.6. */
    int version() {
        return number(handle("cuDriverGetVersion", ADDRESS));
    }

    int deviceCount() {
        return number(handle("cuDeviceGetCount", ADDRESS));
    }

    String deviceName(int index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(256);
            check(call(handle("cuDeviceGetName", ADDRESS, JAVA_INT, JAVA_INT), name, 256, device(index)));
            return name.getString(0);
        }
    }

    long deviceMemory(int index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(JAVA_LONG);
            check(call(handle("cuDeviceTotalMem_v2", ADDRESS, JAVA_INT), bytes, device(index)));
            return bytes.get(JAVA_LONG, 0);
        }
    }

    /** Such as 90 for compute capability 9.0. */
    int architecture(int index) {
        return 10 * attribute(COMPUTE_CAPABILITY_MAJOR, index) + attribute(COMPUTE_CAPABILITY_MINOR, index);
    }

    int multiprocessors(int index) {
        return attribute(MULTIPROCESSORS, index);
    }

    private int attribute(int attribute, int index) {
        return number(handle("cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT), attribute, device(index));
    }

    private int device(int index) {
        return number(handle("cuDeviceGet", ADDRESS, JAVA_INT), index);
    }

    /**
     * Starts a kernel.
     *
     * @param parameters an array of addresses of the kernel's arguments
     * @return the driver's status
     */
    int launch(long function, int blocksX, int blocksY, int threads, long stream, MemorySegment parameters) {
        try {
            return (int) launch.invokeExact(
                    function, blocksX, blocksY, 1, threads, 1, 1, 0, stream, parameters, MemorySegment.NULL);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** The driver's own words: {@code CUDA_ERROR_OUT_OF_MEMORY (out of memory)}. */
    String describe(int status) {
        return words(errorName, status) + " (" + words(errorString, status) + ")";
    }

    private static String words(MethodHandle function, int status) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(ADDRESS);
            if (call(function, status, text) != 0) {
                return "error " + status;
            }
            return text.get(ADDRESS, 0).reinterpret(Long.MAX_VALUE).getString(0);
        }
    }

    /** Calls a function whose first argument is where to put a number. */
    private int number(MethodHandle function, int... rest) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment place = arena.allocate(JAVA_INT);
            Object[] arguments = new Object[rest.length + 1];
            arguments[0] = place;
            for (int i = 0; i < rest.length; i++) {
                arguments[i + 1] = rest[i];
            }
            check(call(function, arguments));
            return place.get(JAVA_INT, 0);
        }
    }

    private void check(int status) {
        if (status != 0) {
            throw new CudaException("NVIDIA's driver: " + describe(status));
        }
    }

    private static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
