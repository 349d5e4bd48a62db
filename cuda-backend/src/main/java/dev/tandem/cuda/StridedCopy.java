package dev.tandem.cuda;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import jcuda.driver.JCudaDriver;

/** Copies between arrays that lie differently in memory. */
final class StridedCopy {
    private StridedCopy() {}

    /**
     * @param from of the first element; likewise {@code to}
     * @param fromStrides in elements; likewise {@code toStrides}
     */
    static void copy(
            CudaRuntime runtime, DType dtype, Shape sizes, long from, long[] fromStrides, long to, long[] toStrides) {
        Walk walk = Walk.over(sizes.toArray(), fromStrides, toStrides);
        boolean isContiguous = walk.rank() == 1 && walk.stride(0, 0) <= 1 && walk.stride(0, 0) == walk.stride(1, 0);
        if (isContiguous) {
            copyBytes(runtime, from, to, sizes.elements() * dtype.bytes());
            return;
        }
        runtime.kernel("copy", "copy", sameSize(dtype))
                .with(from)
                .with(to)
                .with(walk.structure())
                .with(sizes.elements())
                .over(sizes.elements());
    }

    static void copyBytes(CudaRuntime runtime, long from, long to, long bytes) {
        if (bytes > 0 && from != to) {
            int result = JCudaDriver.cuMemcpyDtoDAsync(
                    new Address(to), new Address(from), bytes, runtime.stream().handle());
            runtime.status().driver(result, "a copy");
        }
    }

    /** A type that stands for all of its size, for kernels that only move. */
    static DType sameSize(DType dtype) {
        return switch (dtype.bytes()) {
            case 1 -> DType.UINT8;
            case 2 -> DType.BFLOAT16;
            case 4 -> DType.INT32;
            default -> DType.INT64;
        };
    }
}
