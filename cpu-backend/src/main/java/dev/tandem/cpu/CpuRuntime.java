package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.RecentlyUsed;
import dev.tandem.backend.Storage;
import dev.tandem.backend.pool.CachingAllocator;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What all operations of one CPU device share: memory, threads, primitives, changes of order. */
final class CpuRuntime implements AutoCloseable {
    /**
     * The most primitives, and the most plans of convolutions, whose primitives are their own. Each takes 10 to 200 KB, mostly
     * generated code. The largest network of the zoo needs 400 of each to train and evaluate; with less than a network needs,
     * everything would be made again in each step.
     */
    private static final int MOST_NATIVE = 1024;

    /** The most plans of one kind that are Java's alone. */
    private static final int MOST_PLANS = 256;

    private final CachingAllocator allocator;
    private final Parallel parallel;
    private final boolean deterministic;
    private final long stream = OneDnn.create("dnnl_stream_create", OneDnn.ENGINE, 1);
    private final List<RecentlyUsed<?, ?>> caches = new ArrayList<>();
    private final RecentlyUsed<Object, Primitive> primitives =
            cache("oneDNN primitives", MOST_NATIVE, Primitive::close);

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

    /** A cache of native things, which this closes with the device if not before. */
    <K, V> RecentlyUsed<K, V> cache(String name, Consumer<V> closer) {
        return cache(name, MOST_NATIVE, closer);
    }

    /** A cache of plans that hold no native memory. */
    <K, V> RecentlyUsed<K, V> planCache(String name) {
        return cache(name, MOST_PLANS, plan -> {});
    }

    private <K, V> RecentlyUsed<K, V> cache(String name, int limit, Consumer<V> closer) {
        RecentlyUsed<K, V> cache = new RecentlyUsed<>(name, limit, closer);
        caches.add(cache);
        return cache;
    }

    /** A line for each cache. */
    List<String> cacheReport() {
        return caches.stream().map(RecentlyUsed::describe).toList();
    }

    /** The primitive of that key (a record of everything that it depends on), made at the first call. */
    Primitive primitive(Object key, Supplier<Primitive> maker) {
        return primitives.get(key, () -> Setup.of(maker));
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

    private record ConversionKey(Shape shape, DType from, Order fromOrder, DType to, Order toOrder) {}

    /** Copies floating-point elements into a storage of the same shape, whatever its type and order. */
    void convert(CpuStorage source, CpuStorage target) {
        if (source.shape().elements() == 0) {
            return;
        }
        primitive(
                        new ConversionKey(
                                source.shape(), source.dtype(), source.order(), target.dtype(), target.order()),
                        () -> Primitive.reorder(source.descriptor(), target.descriptor()))
                .with(OneDnn.ARG_SRC, source.address)
                .with(OneDnn.ARG_DST, target.address)
                .run(this);
    }

    @Override
    public void close() {
        caches.forEach(RecentlyUsed::close);
        parallel.close();
        allocator.close();
        OneDnn.call("dnnl_stream_destroy", stream);
    }
}
