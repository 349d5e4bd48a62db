package dev.tandem.cpu;

import dev.tandem.tensor.DType;

/** The same elements in another type. Keeps the order. */
final class Cast {
    private static final ConversionKernels KERNELS = Kernels.of(ConversionKernels.class);

    private Cast() {}

    /** The storage itself with one more reference if it has the type already. */
    static CpuStorage cast(CpuRuntime runtime, CpuStorage source, DType dtype) {
        if (source.dtype() == dtype) {
            return (CpuStorage) source.retain();
        }
        CpuStorage target = runtime.allocate(source.shape(), dtype, source.order());
        runtime.parallel().run(source.shape().elements(), (from, to) -> {
            long x = source.address + from * source.dtype().bytes();
            KERNELS.convert(source.dtype(), x, dtype, target.address + from * dtype.bytes(), to - from);
        });
        return target;
    }
}
