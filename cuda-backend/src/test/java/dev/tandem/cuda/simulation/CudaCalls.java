package dev.tandem.cuda.simulation;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Calls the simulated libraries as C programs do, without JCuda between. Each instance retains device 0's context. */
final class CudaCalls implements AutoCloseable {
    private static final List<SymbolLookup> LIBRARIES = open(SimulatedCuda.folder());

    final SimulationControl control = SimulatedCuda.control();
    final Arena arena = Arena.ofConfined();
    private final List<String> leftByOthers = control.leaks();

    CudaCalls() {
        control.clear();
        control.set("QUIET", "1"); // these tests provoke diagnoses
        ok("cuInit", 0);
        MemorySegment context = arena.allocate(8);
        ok("cuDevicePrimaryCtxRetain", context, 0);
        ok("cuCtxSetCurrent", context.get(ValueLayout.ADDRESS, 0));
    }

    /** Ends the context, whatever state it is in. */
    @Override
    public void close() {
        call("cuDevicePrimaryCtxRelease_v2", 0);
        call("cuCtxSetCurrent", MemorySegment.NULL);
        control.clear();
        control.set("QUIET", "");
        arena.close();
    }

    private static List<SymbolLookup> open(Path folder) {
        return Stream.of("libcuda.so.1", "libnvrtc.so.12", "libcublas.so.12", "libcudnn.so.9")
                .map(name -> SymbolLookup.libraryLookup(folder.resolve(name), Arena.global()))
                .toList();
    }

    /** Arguments are Integer, Long, Float, Double, MemorySegment (an address) or String; the answer is the status. */
    int call(String function, Object... arguments) {
        MemorySegment address = LIBRARIES.stream()
                .flatMap(library -> library.find(function).stream())
                .findFirst()
                .orElseThrow(() -> new AssertionError("no function " + function));
        List<MemoryLayout> layouts = new ArrayList<>();
        List<Object> values = new ArrayList<>();
        for (Object argument : arguments) {
            values.add(argument instanceof String text ? arena.allocateFrom(text) : argument);
            layouts.add(
                    argument instanceof Integer
                            ? ValueLayout.JAVA_INT
                            : argument instanceof Long
                                    ? ValueLayout.JAVA_LONG
                                    : argument instanceof Float
                                            ? ValueLayout.JAVA_FLOAT
                                            : argument instanceof Double
                                                    ? ValueLayout.JAVA_DOUBLE
                                                    : ValueLayout.ADDRESS);
        }
        try {
            return (int) Linker.nativeLinker()
                    .downcallHandle(
                            address, FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts.toArray(MemoryLayout[]::new)))
                    .invokeWithArguments(values);
        } catch (Throwable e) {
            throw new AssertionError(function, e);
        }
    }

    /** The same, and it must succeed. */
    void ok(String function, Object... arguments) {
        int status = call(function, arguments);
        if (status != 0) {
            throw new AssertionError(function + " answered " + status + "; " + control.diagnoses());
        }
    }

    /** Calls a function whose first argument is where it writes a handle or address. */
    long create(String function, Object... arguments) {
        MemorySegment result = arena.allocate(8);
        Object[] all = Stream.concat(Stream.of(result), Stream.of(arguments)).toArray();
        ok(function, all);
        return result.get(ValueLayout.JAVA_LONG, 0);
    }

    /** What is live now and was not when this began: other tests of this process may have lost something. */
    List<String> leaks() {
        List<String> leaks = new ArrayList<>(control.leaks());
        leaks.removeAll(leftByOthers);
        return leaks;
    }

    long allocate(long bytes) {
        return create("cuMemAlloc_v2", bytes);
    }

    long pinned(long bytes) {
        return create("cuMemHostAlloc", bytes, 0);
    }

    /** A stream that the legacy stream does not wait for. */
    long stream() {
        return create("cuStreamCreate", 1);
    }

    long event() {
        return create("cuEventCreate", 2);
    }

    void free(long... addresses) {
        for (long address : addresses) {
            ok("cuMemFree_v2", address);
        }
    }

    long upload(float... values) {
        long address = allocate(4L * values.length);
        ok("cuMemcpyHtoD_v2", address, arena.allocateFrom(ValueLayout.JAVA_FLOAT, values), 4L * values.length);
        return address;
    }

    float[] download(long address, int count) {
        MemorySegment host = arena.allocate(4L * count);
        ok("cuMemcpyDtoH_v2", host, address, 4L * count);
        return host.toArray(ValueLayout.JAVA_FLOAT);
    }

    /** Compiles for sm_90 and answers with NVRTC's status; the image lies in {@link #image}. */
    int compile(String source) {
        long program = create("nvrtcCreateProgram", source, "test.cu", 0, MemorySegment.NULL, MemorySegment.NULL);
        MemorySegment options = arena.allocate(8);
        options.set(ValueLayout.ADDRESS, 0, arena.allocateFrom("--gpu-architecture=sm_90"));
        int status = call("nvrtcCompileProgram", program, 1, options);
        MemorySegment size = arena.allocate(8);
        ok("nvrtcGetProgramLogSize", program, size);
        MemorySegment text = arena.allocate(size.get(ValueLayout.JAVA_LONG, 0));
        ok("nvrtcGetProgramLog", program, text);
        log = text.getString(0);
        if (status == 0) {
            ok("nvrtcGetCUBINSize", program, size);
            image = arena.allocate(size.get(ValueLayout.JAVA_LONG, 0) + 1);
            ok("nvrtcGetCUBIN", program, image);
        }
        MemorySegment slot = arena.allocate(8);
        slot.set(ValueLayout.JAVA_LONG, 0, program);
        ok("nvrtcDestroyProgram", slot);
        return status;
    }

    MemorySegment image;
    String log = "";

    /** The only kernel of a source. */
    long kernel(String name, String source) {
        if (compile(source) != 0) {
            throw new AssertionError(log);
        }
        long module = create("cuModuleLoadData", image);
        return create("cuModuleGetFunction", module, name);
    }

    /** Launches with parameters of 4 (Integer, Float) or 8 bytes (Long); answers with the status. */
    int launch(long function, int blocks, int threads, long stream, Object... parameters) {
        MemorySegment addresses = arena.allocate(8L * Math.max(1, parameters.length));
        for (int i = 0; i < parameters.length; i++) {
            MemorySegment value = arena.allocate(8);
            if (parameters[i] instanceof Integer number) {
                value.set(ValueLayout.JAVA_INT, 0, number);
            } else if (parameters[i] instanceof Float number) {
                value.set(ValueLayout.JAVA_FLOAT, 0, number);
            } else {
                value.set(ValueLayout.JAVA_LONG, 0, (Long) parameters[i]);
            }
            addresses.setAtIndex(ValueLayout.ADDRESS, i, value);
        }
        return call("cuLaunchKernel", function, blocks, 1, 1, threads, 1, 1, 0, stream, addresses, MemorySegment.NULL);
    }
}
