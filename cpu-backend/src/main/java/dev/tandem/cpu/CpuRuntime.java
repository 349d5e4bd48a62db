package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.Storage;
import dev.tandem.backend.pool.CachingAllocator;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** What all operations of one CPU device share: memory, threads, primitives, changes of order. */
final class CpuRuntime implements AutoCloseable {
    private final CachingAllocator allocator;
    private final Parallel parallel;
    private final boolean deterministic;
    private final long stream = OneDnn.create("dnnl_stream_create", OneDnn.ENGINE, 1);
    private final Map<Object, Primitive> primitives = new HashMap<>();

    CpuRuntime(DeviceOptions options, int threads, long memoryLimitBytes) {
        this.allocator =
                new CachingAllocator("cpu", new NativeMemory.Pool(), memoryLimitBytes, options.traceAllocations());
        this.parallel = new Parallel(threads);
        this.deterministic = options.deterministic();
    }

    CachingAllocator allocator() {
        return allocator;
    }

    Parallel parallel() {
        return parallel;
    }

    boolean isDeterministic() {
        return deterministic;
    }

    long stream() {
        return stream;
    }

    /** The primitive of that key (a record of everything that it depends on), made at the first call. */
    Primitive primitive(Object key, Supplier<Primitive> maker) {
        Primitive primitive = primitives.get(key);
        if (primitive == null) {
            primitive = maker.get();
            primitives.put(key, primitive);
        }
        return primitive;
    }

    CpuStorage allocate(Shape shape, DType dtype) {
        return CpuStorage.allocate(allocator, shape, dtype, Order.PLAIN);
    }

    /** Channels last is for rank 4. */
    CpuStorage allocate(Shape shape, DType dtype, Order order) {
        return CpuStorage.allocate(allocator, shape, dtype, order);
    }

    /** Float32 images with channels last. */
    CpuStorage allocateImages(Shape shape) {
        return CpuStorage.allocate(allocator, shape, DType.FLOAT32, Order.CHANNELS_LAST);
    }

    /** A storage like another: its shape, type and order. */
    CpuStorage allocateLike(CpuStorage model) {
        return CpuStorage.allocate(allocator, model.shape(), model.dtype(), model.order());
    }

    /** The same elements in plain order: the storage itself with one more reference, or a copy. Release it after use. */
    CpuStorage plain(Storage storage) {
        return in(Order.PLAIN, storage);
    }

    /** The same images with channels last: the storage itself with one more reference, or a copy. Release it after use. */
    CpuStorage channelsLast(Storage storage) {
        return in(Order.CHANNELS_LAST, storage);
    }

    /** The same elements in the given order: the storage itself with one more reference, or a copy. Release it after use. */
    CpuStorage in(Order order, Storage storage) {
        CpuStorage source = (CpuStorage) storage;
        if (source.order() == order) {
            return (CpuStorage) source.retain();
        }
        if (Order.coincide(source.shape())) {
            return source.relabel(order);
        }
        CpuStorage target = CpuStorage.allocate(allocator, source.shape(), source.dtype(), order);
        StridedCopy.copy(this, source, target);
        return target;
    }

    /** Copies float32 elements in plain order. */
    float[] floats(Storage storage) {
        CpuStorage plain = plain(storage);
        float[] values = plain.segment().toArray(JAVA_FLOAT);
        plain.release();
        return values;
    }

    private record ReorderKey(MemoryDescriptor from, MemoryDescriptor to) {}

    /** Copies elements from one order to another. */
    void reorder(MemoryDescriptor from, long source, MemoryDescriptor to, long target) {
        if (from.bytes() == 0) {
            return;
        }
        primitive(
                        new ReorderKey(from, to),
                        () -> new Primitive(OneDnn.create(
                                "dnnl_reorder_primitive_desc_create",
                                from.handle(),
                                OneDnn.ENGINE,
                                to.handle(),
                                OneDnn.ENGINE,
                                Attributes.none())))
                .with(OneDnn.ARG_SRC, source)
                .with(OneDnn.ARG_DST, target)
                .run(this);
    }

    @Override
    public void close() {
        primitives.values().forEach(Primitive::close);
        primitives.clear();
        parallel.close();
        allocator.close();
        OneDnn.call("dnnl_stream_destroy", stream);
    }
}
