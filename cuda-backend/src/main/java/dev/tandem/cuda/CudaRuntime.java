package dev.tandem.cuda;

import dev.tandem.backend.Caches;
import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.RecentlyUsed;
import dev.tandem.backend.pool.CachingAllocator;
import dev.tandem.cuda.CudaLibraries.Library;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.Arena;
import java.util.function.Consumer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;
import jcuda.jcudnn.JCudnn;

/** What all operations of one GPU share: its context, memory, streams, libraries and kernels. All work is on one stream. */
final class CudaRuntime implements AutoCloseable {
    /** Set to 0 for NVIDIA's compute-sanitizer, which else sees one large block. */
    private static final String CACHING = "TANDEM_CUDA_CACHING";
    /** Likewise for tests on the simulated CUDA, which watches every access; on the CPU the same property surrounds blocks. */
    private static final String GUARDS = "tandem.memory.guards";
    /** Algorithms of cuDNN that want more scratch memory than this are not worth it. */
    private static final long MOST_WORKSPACE = 1L << 30;
    /**
     * The most entries of a cache. The largest network of the zoo needs half of that to train and evaluate; with less than a network
     * needs, everything would be made again in each step.
     */
    private static final int MOST_KEPT = 1024;
    /** What cuDNN's vector loads need. */
    private static final long ALIGNMENT = 16;

    private static final ThreadLocal<CudaRuntime> CURRENT = new ThreadLocal<>();

    private final Arena arena = Arena.ofShared(); // another thread may close the device
    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final boolean deterministic;
    private final long workspaceLimitBytes;
    private final Status status;
    private final GpuMemory memory;
    private final CachingAllocator allocator;
    private final Stream stream;
    private final Uploads uploads;
    private final Kernels kernels;
    private final Launch launch;
    private final Caches caches = new Caches();
    private Cublas cublas;
    private Cudnn cudnn;

    CudaRuntime(String name, int index, CudaMachine machine, DeviceOptions options, long memoryBytes) {
        Driver driver = machine.driver();
        deterministic = options.deterministic();
        status = new Status(name, driver);
        openContext(index);
        memory = new GpuMemory(status);
        long limit = options.memoryLimitBytes() > 0 ? options.memoryLimitBytes() : memoryBytes;
        workspaceLimitBytes = Math.min(MOST_WORKSPACE, limit / 8);
        allocator = new CachingAllocator(name, memory, limit, options.traceAllocations());
        if ("0".equals(System.getenv(CACHING)) || Boolean.getBoolean(GUARDS)) {
            allocator.keepNothing();
        }
        stream = new Stream(status);
        uploads = new Uploads(status, memory, stream);
        String release = machine.libraries().version(Library.NVRTC);
        int architecture =
                machine.libraries().architectureFor(driver.architecture(index)).orElseThrow();
        kernels = new Kernels(status, new KernelCompiler(name, architecture, release));
        launch = new Launch(arena, driver, status, stream);
    }

    /** The primary context, which every library in the process shares. */
    private void openContext(int index) {
        status.driver(JCudaDriver.cuInit(0), "starting the driver");
        status.driver(JCudaDriver.cuDeviceGet(device, index), "opening the device");
        status.driver(JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "opening the device");
        enter();
    }

    /** Makes this device the one that the driver's calls of this thread mean: a thread may have opened several. */
    void enter() {
        if (CURRENT.get() != this) {
            status.driver(JCudaDriver.cuCtxSetCurrent(context), "entering the device's context");
            CURRENT.set(this);
        }
    }

    Status status() {
        return status;
    }

    GpuMemory memory() {
        return memory;
    }

    CachingAllocator allocator() {
        return allocator;
    }

    Stream stream() {
        return stream;
    }

    Uploads uploads() {
        return uploads;
    }

    /** Opens cuBLAS and cuDNN, so that a device on which they do not start is not taken. */
    void openLibraries() {
        cublas = new Cublas(status, stream);
        cudnn = new Cudnn(
                status, stream, caches.add("cuDNN descriptors", MOST_KEPT, JCudnn::cudnnDestroyTensorDescriptor));
    }

    Cublas cublas() {
        return cublas;
    }

    Cudnn cudnn() {
        return cudnn;
    }

    /** A cache of native things, which this closes with the device if not before. */
    <K, V> RecentlyUsed<K, V> cache(String name, Consumer<? super V> closer) {
        return caches.add(name, MOST_KEPT, closer);
    }

    Caches caches() {
        return caches;
    }

    boolean isDeterministic() {
        return deterministic;
    }

    /** The most scratch memory that an algorithm of cuDNN may take. */
    long workspaceLimitBytes() {
        return workspaceLimitBytes;
    }

    CudaStorage allocate(Shape shape, DType dtype) {
        return CudaStorage.allocate(allocator, shape, dtype);
    }

    CudaStorage allocateLike(CudaStorage model) {
        return CudaStorage.allocate(allocator, model.shape(), model.dtype());
    }

    CudaStorage copy(CudaStorage source) {
        CudaStorage target = allocateLike(source);
        StridedCopy.copyBytes(this, source.address, target.address, source.bytes());
        return target;
    }

    static boolean isAligned(CudaStorage storage) {
        return storage.address % ALIGNMENT == 0;
    }

    /** The storage with one more reference or, if it begins where cuDNN cannot, a copy. Release it after use. */
    CudaStorage aligned(CudaStorage storage) {
        return isAligned(storage) ? (CudaStorage) storage.retain() : copy(storage);
    }

    /** A kernel of a file in which {@code element} is that type; give its arguments, then start it. */
    Launch kernel(String file, String name, DType element) {
        return kernel(file, name, element, element);
    }

    Launch kernel(String file, String name, DType element, DType other) {
        return launch.of(name, kernels.function(file, name, element, other));
    }

    void synchronize() {
        stream.synchronize("waiting for the device");
    }

    /** After a fault the context is beyond use, and only the process's end frees what it holds. */
    @Override
    public void close() {
        if (!status.isBroken()) {
            JCudaDriver.cuStreamSynchronize(stream.handle());
            caches.close();
            if (cudnn != null) {
                cudnn.close();
            }
            if (cublas != null) {
                cublas.close();
            }
            kernels.close();
            uploads.close();
            allocator.close();
            stream.close();
        }
        CURRENT.remove();
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
        arena.close();
    }
}
