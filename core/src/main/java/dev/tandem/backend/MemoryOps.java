package dev.tandem.backend;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;

/**
 * Where elements lie: allocation, transfer, copies between orders. All data types. What overwrites a storage has two methods:
 * the one to call, which {@linkplain Storage#changed says so}, and {@code write}, which a backend implements.
 */
public interface MemoryOps {
    /**
     * Memory in plain order with undefined contents.
     *
     * @throws OutOfDeviceMemoryException if there is no room even after freeing what was cached
     */
    Storage allocate(Shape shape, DType dtype);

    /** Copies from host memory (plain order, native byte order, exactly the target's bytes) to a plain-order storage. */
    default void upload(MemorySegment source, Storage target) {
        write(source, target);
        target.changed("upload()");
    }

    /** See {@link #upload}. */
    void write(MemorySegment source, Storage target);

    /** Copies to host memory, in plain order. Waits for it. */
    void download(Storage source, MemorySegment target);

    default void fill(Storage target, double value) {
        write(value, target);
        target.changed("fill()");
    }

    /** See {@link #fill}. */
    void write(double value, Storage target);

    Storage copy(Storage source);

    /** Overwrites {@code target}, which has the same shape and type. */
    default void copyInto(Storage source, Storage target) {
        write(source, target);
        target.changed("copyInto()");
    }

    /** See {@link #copyInto}. */
    void write(Storage source, Storage target);

    /** Converts; to bfloat16 and float16 rounds to nearest even, to integers truncates toward zero. */
    Storage cast(Storage source, DType dtype);

    /** The same elements in plain order under another shape; shares the memory where the order is plain already. */
    Storage reshape(Storage source, Shape shape);

    /** A window on {@code shape.elements()} elements of a plain-order storage, sharing its memory. */
    Storage view(Storage source, long offset, Shape shape);

    /** Result axis {@code i} is source axis {@code order[i]}. */
    Storage permute(Storage source, int[] order);

    /** The elements at {@code start[i] + k·step[i]}, {@code k < size[i]}; steps are positive. */
    Storage slice(Storage source, long[] start, long[] step, Shape size);

    /** The reverse of {@link #slice}: zeros of shape {@code outer}, with {@code source} where slice would have read. */
    Storage unslice(Storage source, long[] start, long[] step, Shape outer);

    /** Repeats axes of size 1 (and adds leading axes) up to {@code shape}. */
    Storage expand(Storage source, Shape shape);

    Storage concat(List<Storage> parts, int axis);

    /** Adds {@code before[i]} and {@code after[i]} elements around axis {@code i}; {@code value} is for CONSTANT. */
    Storage pad(Storage source, long[] before, long[] after, PadMode mode, double value);

    /** The gradient of {@link #pad}: sums what each element of shape {@code source} was copied to. */
    Storage padBackward(Storage gradient, Shape source, long[] before, long[] after, PadMode mode);

    MemoryStats stats();

    /** Bytes that the device itself says are free, for whoever asks first; empty where it does not tell. */
    default OptionalLong freeBytes() {
        return OptionalLong.empty();
    }

    /** Gives cached memory back to the system. */
    void trim();

    /** Starts a new measurement of {@link MemoryStats#peakBytes} from what is live now. */
    void resetPeak();

    /** A line for each live memory block, largest first: bytes, shape, and the code line that asked if it was traced. */
    List<String> liveReport();

    /** How full the caches are of what is kept by shape, as {@link Caches#describe}; empty if nothing is. */
    default String cacheReport() {
        return "";
    }
}
