package dev.tandem.cpu;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How oneDNN is told where elements lie. Kept for ever: there is one for each shape, type and order in use. */
record MemoryDescriptor(long handle, long bytes) {
    private record Key(Shape shape, DType dtype, Order order) {}

    private static final int TAG_ANY = 1;
    private static final Map<Key, MemoryDescriptor> KNOWN = new ConcurrentHashMap<>();

    static MemoryDescriptor of(Shape shape, DType dtype, Order order) {
        return KNOWN.computeIfAbsent(new Key(shape, dtype, order), key -> strided(shape, dtype, order.strides(shape)));
    }

    static MemoryDescriptor plain(Shape shape, DType dtype) {
        return of(shape, dtype, Order.PLAIN);
    }

    /** The order is for oneDNN to choose. Float32. */
    static MemoryDescriptor any(Shape shape) {
        return of(OneDnn.create(
                "dnnl_memory_desc_create_with_tag",
                shape.rank(),
                OneDnn.dimensions(shape.toArray()),
                type(DType.FLOAT32),
                TAG_ANY));
    }

    /** Elements at the given strides, counted in elements. */
    static MemoryDescriptor strided(Shape shape, DType dtype, long[] strides) {
        // oneDNN has no scalars; one element in one axis is the same.
        long[] sizes = shape.rank() == 0 ? new long[] {1} : shape.toArray();
        long[] steps = shape.rank() == 0 ? new long[] {1} : strides;
        return of(OneDnn.create(
                "dnnl_memory_desc_create_with_strides",
                sizes.length,
                OneDnn.dimensions(sizes),
                type(dtype),
                OneDnn.dimensions(steps)));
    }

    static MemoryDescriptor of(long handle) {
        return new MemoryDescriptor(handle, OneDnn.descriptorBytes(handle));
    }

    /** The first elements along each axis, where they lie in this order. */
    MemoryDescriptor part(Shape shape) {
        return of(OneDnn.create(
                "dnnl_memory_desc_create_submemory",
                handle,
                OneDnn.dimensions(shape.toArray()),
                OneDnn.dimensions(new long[shape.rank()])));
    }

    boolean sameAs(MemoryDescriptor other) {
        return handle == other.handle || OneDnn.descriptorsEqual(handle, other.handle);
    }

    static int type(DType dtype) {
        return switch (dtype) {
            case FLOAT16 -> 1;
            case BFLOAT16 -> 2;
            case FLOAT32 -> 3;
            case INT32 -> 4;
            case UINT8 -> 6;
            case INT64 -> throw new UnsupportedOperationException("cpu: oneDNN has no type for " + dtype);
        };
    }
}
