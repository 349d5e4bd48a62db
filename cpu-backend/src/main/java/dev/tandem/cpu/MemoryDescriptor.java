package dev.tandem.cpu;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** How oneDNN is told where elements lie. It lives as long as what it is made in: a {@link Setup}, or a primitive. */
record MemoryDescriptor(long handle, long bytes) {
    private static final int TAG_ANY = 1;
    private static final String DESTROYER = "dnnl_memory_desc_destroy";

    static MemoryDescriptor of(Shape shape, DType dtype, Order order) {
        return strided(shape, dtype, order.strides(shape));
    }

    static MemoryDescriptor plain(Shape shape, DType dtype) {
        return of(shape, dtype, Order.PLAIN);
    }

    /** The order is for oneDNN to choose. Float32. */
    static MemoryDescriptor any(Shape shape) {
        return of(Setup.create(
                "dnnl_memory_desc_create_with_tag",
                DESTROYER,
                shape.rank(),
                Setup.dimensions(shape.toArray()),
                type(DType.FLOAT32),
                TAG_ANY));
    }

    /** Elements at the given strides, counted in elements. */
    static MemoryDescriptor strided(Shape shape, DType dtype, long[] strides) {
        // oneDNN has no scalars; one element in one axis is the same.
        long[] sizes = shape.rank() == 0 ? new long[] {1} : shape.toArray();
        long[] steps = shape.rank() == 0 ? new long[] {1} : strides;
        return of(Setup.create(
                "dnnl_memory_desc_create_with_strides",
                DESTROYER,
                sizes.length,
                Setup.dimensions(sizes),
                type(dtype),
                Setup.dimensions(steps)));
    }

    static MemoryDescriptor of(long handle) {
        return new MemoryDescriptor(handle, OneDnn.descriptorBytes(handle));
    }

    /** The first elements along each axis, where they lie in this order. */
    MemoryDescriptor part(Shape shape) {
        return of(Setup.create(
                "dnnl_memory_desc_create_submemory",
                DESTROYER,
                handle,
                Setup.dimensions(shape.toArray()),
                Setup.dimensions(new long[shape.rank()])));
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
