package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tandem.tensor.DeviceException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.Loader;

/**
 * oneDNN's C functions. JavaCPP brings the library, and extracts it unless it lies ready; the calls go through {@code java.lang.foreign} with
 * addresses as longs, which makes no objects and takes a quarter of a microsecond for an execution.
 */
final class OneDnn {
    // Numbers from oneDNN 3's dnnl_types.h.
    static final int FORWARD_TRAINING = 64;
    static final int FORWARD_INFERENCE = 96;
    static final int BACKWARD = 128;

    static final int ARG_SRC = 1;
    static final int ARG_SRC_1 = 2;
    static final int ARG_DST = 17;
    static final int ARG_WEIGHTS = 33;
    static final int ARG_BIAS = 41;
    static final int ARG_MEAN = 49;
    static final int ARG_VARIANCE = 50;
    static final int ARG_SCALE = 51;
    static final int ARG_SHIFT = 52;
    static final int ARG_SCRATCHPAD = 80;
    static final int ARG_DIFF_SRC = 129;
    static final int ARG_DIFF_DST = 145;
    static final int ARG_DIFF_WEIGHTS = 161;
    static final int ARG_DIFF_BIAS = 169;
    static final int ARG_DIFF_SCALE = 255;
    static final int ARG_DIFF_SHIFT = 256;
    static final int ARG_MULTIPLE_SRC = 1024;

    static final int ELTWISE_RELU = 32;
    static final int ELTWISE_TANH = 33;
    static final int ELTWISE_ELU = 34;
    static final int ELTWISE_SQRT = 37;
    static final int ELTWISE_LINEAR = 38;
    static final int ELTWISE_LOGISTIC = 41;
    static final int ELTWISE_EXP = 42;
    static final int ELTWISE_GELU_TANH = 43;
    static final int ELTWISE_SWISH = 44;
    static final int ELTWISE_POW = 48;
    static final int ELTWISE_GELU_ERF = 49;
    static final int ELTWISE_HARDSWISH = 52;

    private static final SymbolLookup LIBRARY = load();
    private static final Map<String, MethodHandle> FUNCTIONS = new ConcurrentHashMap<>();
    private static final MethodHandle EXECUTE = handle(
            "dnnl_primitive_execute", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));
    private static final MethodHandle SET_DATA = Linker.nativeLinker()
            .downcallHandle(
                    LIBRARY.findOrThrow("dnnl_memory_set_data_handle"),
                    FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG),
                    Linker.Option.critical(false));
    private static final MethodHandle QUERY_DESCRIPTOR =
            handle("dnnl_primitive_desc_query_md", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT));
    private static final MethodHandle DESCRIPTOR_BYTES =
            handle("dnnl_memory_desc_get_size", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG));
    private static final MethodHandle DESCRIPTORS_EQUAL =
            handle("dnnl_memory_desc_equal", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

    /** The CPU as a oneDNN engine, shared by all devices. */
    static final long ENGINE = create("dnnl_engine_create", 1, 0L);

    /**
     * Of the primitives that oneDNN itself keeps after we have closed ours; by default it is 1024, some hundred megabytes. Those of a
     * device's threads, which are made one after the other, share their code.
     */
    private static final int MOST_KEPT = 32;

    static {
        call("dnnl_set_primitive_cache_capacity", MOST_KEPT);
    }

    private OneDnn() {}

    private static SymbolLookup load() {
        OpenMp.load(); // first, so that oneDNN finds the copy that it was built against
        return library(Map.of(
                "linux", "libdnnl.so.3",
                "macosx", "libdnnl.3.dylib",
                "windows", "dnnl.dll"));
    }

    /** A library that comes with oneDNN, by the first part of the platform's name. */
    static SymbolLookup library(Map<String, String> names) {
        String platform = Loader.getPlatform();
        String name = names.get(platform.substring(0, platform.indexOf('-')));
        Path file = NativeFiles.file(name);
        try {
            return SymbolLookup.libraryLookup(file, Arena.global());
        } catch (IllegalArgumentException e) {
            throw new DeviceException("cpu: " + file + " could not be loaded: " + e.getMessage(), e);
        }
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(LIBRARY.findOrThrow(name), descriptor);
    }

    /** Calls a function that returns a status; arguments are Longs (also for addresses), Integers and Floats. For set-up, not for steps. */
    static void call(String name, Object... arguments) {
        int status = status(name, arguments);
        if (status != 0) {
            throw new IllegalStateException("oneDNN: " + name + " failed with status " + status
                    + (status == 3 ? " (not implemented)" : status == 2 ? " (invalid arguments)" : ""));
        }
    }

    static int status(String name, Object... arguments) {
        MemoryLayout[] layouts = new MemoryLayout[arguments.length];
        StringBuilder key = new StringBuilder(name);
        for (int i = 0; i < arguments.length; i++) {
            layouts[i] =
                    arguments[i] instanceof Long ? JAVA_LONG : arguments[i] instanceof Integer ? JAVA_INT : JAVA_FLOAT;
            key.append(arguments[i] instanceof Long ? 'l' : arguments[i] instanceof Integer ? 'i' : 'f');
        }
        MethodHandle function =
                FUNCTIONS.computeIfAbsent(key.toString(), k -> handle(name, FunctionDescriptor.of(JAVA_INT, layouts)));
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError(name, e);
        }
    }

    /** Calls a function whose first parameter is where to write the new object's address; returns that. */
    static long create(String name, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_LONG);
            Object[] all = new Object[arguments.length + 1];
            all[0] = out.address();
            System.arraycopy(arguments, 0, all, 1, arguments.length);
            call(name, all);
            return out.get(JAVA_LONG, 0);
        }
    }

    /** {@code 3.11.0}. */
    static String version() {
        try {
            long struct = (long)
                    handle("dnnl_version", FunctionDescriptor.of(JAVA_LONG)).invokeExact();
            MemorySegment numbers = MemorySegment.ofAddress(struct).reinterpret(3 * JAVA_INT.byteSize());
            return numbers.getAtIndex(JAVA_INT, 0) + "." + numbers.getAtIndex(JAVA_INT, 1) + "."
                    + numbers.getAtIndex(JAVA_INT, 2);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    static void execute(long primitive, long stream, int count, long arguments) {
        int status;
        try {
            status = (int) EXECUTE.invokeExact(primitive, stream, count, arguments);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        if (status != 0) {
            throw new IllegalStateException("oneDNN: dnnl_primitive_execute failed with status " + status);
        }
    }

    static void setData(long memory, long address) {
        try {
            int ignored = (int) SET_DATA.invokeExact(memory, address);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    static long queryDescriptor(long primitiveDescriptor, int what, int index) {
        try {
            return (long) QUERY_DESCRIPTOR.invokeExact(primitiveDescriptor, what, index);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    static long descriptorBytes(long descriptor) {
        try {
            return descriptor == 0 ? 0 : (long) DESCRIPTOR_BYTES.invokeExact(descriptor);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    static boolean descriptorsEqual(long a, long b) {
        try {
            return (int) DESCRIPTORS_EQUAL.invokeExact(a, b) != 0;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
