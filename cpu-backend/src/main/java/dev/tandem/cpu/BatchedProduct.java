package dev.tandem.cpu;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * {@code scale · A B} for many matrices that lie one after the other: the steps of attention.
 *
 * @param transposeA whether {@code [m, k]} lies as {@code [k, m]}
 * @param transposeB whether {@code [k, n]} lies as {@code [n, k]}
 */
record BatchedProduct(long batch, long m, long k, long n, boolean transposeA, boolean transposeB, float scale) {
    void run(CpuRuntime runtime, long a, long b, long product) {
        primitive(runtime)
                .with(OneDnn.ARG_SRC, a)
                .with(OneDnn.ARG_WEIGHTS, b)
                .with(OneDnn.ARG_DST, product)
                .run(runtime);
    }

    Primitive primitive(CpuRuntime runtime) {
        return runtime.primitive(this, this::create);
    }

    private Primitive create() {
        return new Primitive(OneDnn.create(
                "dnnl_matmul_primitive_desc_create",
                OneDnn.ENGINE,
                matrices(m, k, transposeA),
                matrices(k, n, transposeB),
                0L,
                matrices(m, n, false),
                Attributes.scaled(scale)));
    }

    private long matrices(long rows, long columns, boolean transposed) {
        long[] strides = transposed ? new long[] {rows * columns, 1, rows} : new long[] {rows * columns, columns, 1};
        return MemoryDescriptor.strided(Shape.of(batch, rows, columns), DType.FLOAT32, strides)
                .handle();
    }
}
