package dev.tandem.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import jcuda.jcudnn.JCudnn;

/** Why cuDNN refused, in its own words. It keeps a reason for the last refusal of a thread, which JCuda has no binding for. */
final class CudnnWords {
    private static final int MOST_BYTES = 1024;

    private CudnnWords() {}

    /** {@code CUDNN_STATUS_BAD_PARAM ((n <= 0) || (c <= 0))}; the reason may be missing. */
    static String of(int status) {
        String reason = reason();
        return JCudnn.cudnnGetErrorString(status) + (reason.isEmpty() ? "" : " (" + reason + ")");
    }

    private static String reason() {
        MemorySegment function =
                SymbolLookup.libraryLookup("libcudnn.so.9", Arena.global()).findOrThrow("cudnnGetLastErrorString");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MOST_BYTES);
            Linker.nativeLinker()
                    .downcallHandle(function, FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG))
                    .invokeExact(text, (long) MOST_BYTES);
            return text.getString(0).strip().replaceAll("\\s+", " ");
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
