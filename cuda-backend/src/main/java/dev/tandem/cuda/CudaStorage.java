package dev.tandem.cuda;

import dev.tandem.backend.Storage;
import dev.tandem.backend.pool.Block;
import dev.tandem.backend.pool.CachingAllocator;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Elements in a GPU's memory, in row-major order. */
final class CudaStorage extends Storage {
    private final CachingAllocator allocator;
    private final Block block;
    /** Of the first element. */
    final long address;

    private CudaStorage(CachingAllocator allocator, Block block, long address, Shape shape, DType dtype) {
        super(shape, dtype);
        this.allocator = allocator;
        this.block = block;
        this.address = address;
    }

    /** On the memory of another. */
    private CudaStorage(CudaStorage sharing, long address, Shape shape) {
        super(sharing, shape);
        this.allocator = sharing.allocator;
        this.block = sharing.block;
        this.address = address;
        block.retain();
    }

    static CudaStorage allocate(CachingAllocator allocator, Shape shape, DType dtype) {
        Block block = allocator.allocate(Math.multiplyExact(shape.elements(), dtype.bytes()), new Owner(shape, dtype));
        return new CudaStorage(allocator, block, block.address, shape, dtype);
    }

    /** Written out only for a report. */
    private record Owner(Shape shape, DType dtype) {
        @Override
        public String toString() {
            return dtype.name().toLowerCase(java.util.Locale.ROOT) + " " + shape;
        }
    }

    /** Refuses all but float32, naming the operation; null storages are left out. */
    static void requireFloat32(String operation, Storage... storages) {
        for (Storage storage : storages) {
            if (storage != null && storage.dtype() != DType.FLOAT32) {
                throw new UnsupportedOperationException(
                        "cuda: " + operation + " of " + storage.dtype() + storage.shape() + "; cast to FLOAT32 first");
            }
        }
    }

    /** The same memory from an element on, under another shape. */
    CudaStorage view(long offset, Shape shape) {
        return new CudaStorage(this, address + offset * dtype().bytes(), shape);
    }

    long elements() {
        return shape().elements();
    }

    long bytes() {
        return shape().elements() * dtype().bytes();
    }

    /** As JCuda takes it. */
    Address pointer() {
        return new Address(address);
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
