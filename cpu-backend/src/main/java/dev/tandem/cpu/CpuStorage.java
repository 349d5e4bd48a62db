package dev.tandem.cpu;

import dev.tandem.backend.Storage;
import dev.tandem.backend.pool.Block;
import dev.tandem.backend.pool.CachingAllocator;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/** Elements in host memory, in one of two orders. */
final class CpuStorage extends Storage {
    private final CachingAllocator allocator;
    private final Block block;
    /** Of the first element. */
    final long address;

    private final Order order;

    private CpuStorage(CachingAllocator allocator, Block block, long address, Shape shape, DType dtype, Order order) {
        super(shape, dtype);
        this.allocator = allocator;
        this.block = block;
        this.address = address;
        this.order = order;
    }

    /** On the memory of another. */
    private CpuStorage(CpuStorage sharing, long address, Shape shape, Order order) {
        super(sharing, shape);
        this.allocator = sharing.allocator;
        this.block = sharing.block;
        this.address = address;
        this.order = order;
        block.retain();
    }

    /** Channels last is for rank 4. */
    static CpuStorage allocate(CachingAllocator allocator, Shape shape, DType dtype, Order order) {
        Block block = allocator.allocate(Math.multiplyExact(shape.elements(), dtype.bytes()), new Owner(shape, dtype));
        return new CpuStorage(allocator, block, block.address, shape, dtype, order);
    }

    /** Written out only for a report. */
    private record Owner(Shape shape, DType dtype) {
        @Override
        public String toString() {
            return dtype.name().toLowerCase(Locale.ROOT) + " " + shape;
        }
    }

    /** Refuses all but float32, naming the operation; null storages are left out. */
    static void requireFloat32(String operation, Storage... storages) {
        for (Storage storage : storages) {
            if (storage != null && storage.dtype() != DType.FLOAT32) {
                throw new UnsupportedOperationException(
                        "cpu: " + operation + " of " + storage.dtype() + storage.shape() + "; cast to FLOAT32 first");
            }
        }
    }

    /** The same memory from an element on, under another shape. Only of plain order. */
    CpuStorage view(long offset, Shape shape) {
        if (!isAlsoPlain()) {
            throw new IllegalStateException("a view needs plain order");
        }
        return new CpuStorage(this, address + offset * dtype().bytes(), shape, Order.PLAIN);
    }

    /** The same memory read in another order, for shapes where the orders coincide. */
    CpuStorage relabel(Order other) {
        return alias(shape(), other);
    }

    /** The same memory under another shape and order, in which its elements lie as they should. */
    CpuStorage alias(Shape shape, Order order) {
        return new CpuStorage(this, address, shape, order);
    }

    Order order() {
        return order;
    }

    /** Whether elements lie in row-major order. */
    boolean isPlain() {
        return order == Order.PLAIN;
    }

    /** Whether elements lie in row-major order, under whichever name. */
    boolean isAlsoPlain() {
        return isPlain() || Order.coincide(shape());
    }

    /** How many elements lie between neighbours along each axis. */
    long[] strides() {
        return order.strides(shape());
    }

    /** How the elements lie, for oneDNN. */
    MemoryDescriptor descriptor() {
        return MemoryDescriptor.of(shape(), dtype(), order);
    }

    long bytes() {
        return shape().elements() * dtype().bytes();
    }

    MemorySegment segment() {
        return NativeMemory.segment(address, bytes());
    }

    @Override
    protected boolean ownsMemoryAlone() {
        return block.isUnshared();
    }

    @Override
    protected void free() {
        allocator.release(block);
    }
}
