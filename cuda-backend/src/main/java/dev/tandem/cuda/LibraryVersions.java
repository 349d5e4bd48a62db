package dev.tandem.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tandem.cuda.CudaLibraries.Library;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;
import jcuda.nvrtc.JNvrtc;

/** What releases the libraries say that they are; of those that JCuda does not bind too. */
final class LibraryVersions {
    private LibraryVersions() {}

    /**
     * The release of a library that is in the process, as people write it: {@code 9.5.1}.
     *
     * @param soname by which the process has it
     */
    static String of(Library library, String soname) {
        return switch (library) {
            case NVRTC -> {
                int[] major = new int[1];
                int[] minor = new int[1];
                JNvrtc.nvrtcVersion(major, minor);
                yield major[0] + "." + minor[0];
            }
            case CUBLAS_LT -> dotted(cublasLt(soname));
            case CUBLAS -> property(0) + "." + property(1) + "." + property(2);
            case CUDNN -> dotted(JCudnn.cudnnGetVersion());
            case NCCL -> dotted(nccl(soname));
        };
    }

    /** The release of CUDA that cuDNN was built for, such as 12: its files have the same names for all. */
    static int cudaOfCudnn() {
        return (int) (JCudnn.cudnnGetCudartVersion() / 1000);
    }

    private static int property(int which) {
        int[] value = new int[1];
        JCublas2.cublasGetProperty(which, value);
        return value[0];
    }

    /** {@code 9.5.1} for 90501. */
    private static String dotted(long version) {
        return version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
    }

    private static long cublasLt(String soname) {
        try {
            return (long) handle(soname, "cublasLtGetVersion", FunctionDescriptor.of(JAVA_LONG))
                    .invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static int nccl(String soname) {
        MethodHandle version = handle(soname, "ncclGetVersion", FunctionDescriptor.of(JAVA_INT, ADDRESS));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(JAVA_INT);
            int status = (int) version.invokeExact(number);
            return status == 0 ? number.get(JAVA_INT, 0) : 0;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle handle(String soname, String name, FunctionDescriptor function) {
        SymbolLookup library = SymbolLookup.libraryLookup(soname, Arena.global());
        return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), function);
    }
}
