package dev.tandem.cuda;

import dev.tandem.backend.pool.CachingAllocator;
import dev.tandem.backend.pool.DeviceMemory;
import jcuda.driver.JCudaDriver;

/** A GPU's own memory, which the allocator takes from. */
final class GpuMemory implements DeviceMemory {
    private static final int OUT_OF_MEMORY = 2;
    /** The share of the device that the pool leaves free, and the most of it. */
    private static final long RESERVED_SHARE = 32;

    private static final long MOST_RESERVED = 512L << 20;

    private final Status status;

    GpuMemory(Status status) {
        this.status = status;
    }

    /** Leaves some: cuDNN and cuBLAS load kernels when they first need them, and say no more than that they failed if they cannot. */
    @Override
    public long allocate(long bytes) {
        long[] info = info();
        if (info[0] - bytes < reserved(info[1])) {
            return 0;
        }
        Address address = new Address();
        int result = JCudaDriver.cuMemAlloc(address, bytes);
        if (result == OUT_OF_MEMORY) {
            return 0;
        }
        status.driver(result, "allocating " + CachingAllocator.megabytes(bytes));
        return address.value();
    }

    /** Memory that does not go through the pool, since it stays until the device closes. */
    long allocateForGood(long bytes, String what) {
        Address address = new Address();
        status.driver(JCudaDriver.cuMemAlloc(address, bytes), "allocating " + what);
        return address.value();
    }

    /** The driver waits for work that uses the memory before it takes it back. */
    @Override
    public void free(long address) {
        if (!status.isBroken()) {
            status.driver(JCudaDriver.cuMemFree(new Address(address)), "freeing memory");
        }
    }

    private static long reserved(long total) {
        return Math.min(MOST_RESERVED, total / RESERVED_SHARE);
    }

    /** Free and in all. */
    long[] info() {
        long[] free = new long[1];
        long[] total = new long[1];
        status.driver(JCudaDriver.cuMemGetInfo(free, total), "asking for free memory");
        return new long[] {free[0], total[0]};
    }

    @Override
    public String describeFree() {
        long[] info = info();
        return ", " + CachingAllocator.megabytes(info[0]) + " of the device's " + CachingAllocator.megabytes(info[1])
                + " are free, of which " + CachingAllocator.megabytes(reserved(info[1]))
                + " stay for the libraries' kernels";
    }
}
