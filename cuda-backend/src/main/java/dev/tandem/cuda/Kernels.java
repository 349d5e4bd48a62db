package dev.tandem.cuda;

import dev.tandem.tensor.DType;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** Own kernels, compiled and loaded when they are first asked for. */
final class Kernels implements AutoCloseable {
    /** A kernel file for some element types. */
    private record File(String name, DType element, DType other) {}

    private record Function(String file, String name, DType element, DType other) {}

    /** JCuda's function, which alone knows its number. */
    private static final class Handle extends CUfunction {
        long value() {
            return getNativePointer();
        }
    }

    private final Status status;
    private final KernelCompiler compiler;
    private final Map<File, CUmodule> modules = new HashMap<>();
    private final Map<Function, Long> functions = new HashMap<>();

    Kernels(Status status, KernelCompiler compiler) {
        this.status = status;
        this.compiler = compiler;
    }

    /** The driver's number of a function. */
    long function(String file, String name, DType element, DType other) {
        Function key = new Function(file, name, element, other);
        Long known = functions.get(key);
        if (known == null) {
            known = find(key);
            functions.put(key, known);
        }
        return known;
    }

    private long find(Function key) {
        CUmodule module = modules.computeIfAbsent(new File(key.file, key.element, key.other), file -> {
            byte[] cubin = compiler.compile(file.name, KernelSource.of(file.name, file.element, file.other));
            CUmodule loaded = new CUmodule();
            status.driver(JCudaDriver.cuModuleLoadData(loaded, cubin), "loading the kernels of " + file.name);
            return loaded;
        });
        Handle handle = new Handle();
        status.driver(JCudaDriver.cuModuleGetFunction(handle, module, key.name), "looking up kernel " + key.name);
        return handle.value();
    }

    @Override
    public void close() {
        modules.values().forEach(JCudaDriver::cuModuleUnload);
    }
}
