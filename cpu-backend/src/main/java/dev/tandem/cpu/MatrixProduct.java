package dev.tandem.cpu;

import dev.tandem.backend.Activation;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/**
 * Matrix products by oneDNN. Products of two matrices, which is what linear layers ask for in all three directions, are
 * inner products, a little faster than oneDNN's matmul; batches and transposed results are a matmul over strides. Nothing
 * is ever copied to be transposed.
 */
final class MatrixProduct {
    /** What the rank-2 product is to oneDNN. */
    private enum Kind {
        /** {@code [m, k] × [n, k]ᵀ}: forward of a linear layer. */
        INNER_PRODUCT,
        /** {@code [m, k] × [k, n]}: its gradient for the input. */
        INNER_PRODUCT_BACKWARD_INPUT,
        /** {@code [k, m]ᵀ × [k, n]}: its gradient for the weights. */
        INNER_PRODUCT_BACKWARD_WEIGHT,
        MATMUL
    }

    /** All that a primitive depends on. */
    private record Key(
            Kind kind, Shape a, Shape b, boolean transposeA, boolean transposeB, boolean bias, Activation activation) {}

    /** Some columns of {@code b} and of the result. */
    private record ColumnsKey(Key key, long columns) {}

    /**
     * Columns that are computed at once where there are more than {@link #MANY_COLUMNS}: all at once, oneDNN was measured to take up
     * to twice as long (AlexNet's first linear layer).
     */
    private static final long COLUMNS = 1024;

    private static final long MANY_COLUMNS = 8192;

    private final CpuRuntime runtime;

    MatrixProduct(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    Storage run(
            Storage a,
            Storage b,
            boolean transposeA,
            boolean transposeB,
            Storage bias,
            Activation activation,
            Storage into) {
        Shape y = resultShape(a.shape(), b.shape(), transposeA, transposeB);
        CpuStorage result = into == null ? runtime.allocate(y, a.dtype()) : (CpuStorage) into.retain();
        if (y.elements() == 0) {
            return result;
        }
        if (a.shape().elements() == 0) {
            return emptySums(a, b, transposeA, transposeB, bias, activation, result);
        }
        CpuStorage left = floats(a);
        CpuStorage right = floats(b);
        CpuStorage offset = bias == null ? null : floats(bias);
        CpuStorage target =
                result.dtype() == DType.FLOAT32 ? (CpuStorage) result.retain() : runtime.allocate(y, DType.FLOAT32);
        Key key = key(left.shape(), right.shape(), transposeA, transposeB, bias != null, activation);
        execute(key, left.address, right.address, offset == null ? 0 : offset.address, target.address);
        if (result.dtype() != DType.FLOAT32) {
            runtime.convert(target, result);
        }
        target.release();
        if (offset != null) {
            offset.release();
        }
        right.release();
        left.release();
        return result;
    }

    private void execute(Key key, long a, long b, long bias, long y) {
        long columns = key.b.size(-1);
        if (key.kind == Kind.INNER_PRODUCT_BACKWARD_INPUT && columns > MANY_COLUMNS) {
            for (long first = 0; first < columns; first += COLUMNS) {
                ColumnsKey some = new ColumnsKey(key, Math.min(COLUMNS, columns - first));
                runtime.primitive(some, () -> createColumns(some))
                        .with(OneDnn.ARG_SRC, a)
                        .with(OneDnn.ARG_WEIGHTS, b + first * Float.BYTES)
                        .with(OneDnn.ARG_DST, y + first * Float.BYTES)
                        .run(runtime);
            }
            return;
        }
        Primitive primitive = runtime.primitive(key, () -> create(key));
        switch (key.kind) {
            case INNER_PRODUCT, MATMUL -> {
                primitive.with(OneDnn.ARG_SRC, a).with(OneDnn.ARG_WEIGHTS, b).with(OneDnn.ARG_DST, y);
                if (key.bias) {
                    primitive.with(OneDnn.ARG_BIAS, bias);
                }
            }
            case INNER_PRODUCT_BACKWARD_INPUT ->
                primitive
                        .with(OneDnn.ARG_DIFF_DST, a)
                        .with(OneDnn.ARG_WEIGHTS, b)
                        .with(OneDnn.ARG_DIFF_SRC, y);
            case INNER_PRODUCT_BACKWARD_WEIGHT ->
                primitive.with(OneDnn.ARG_DIFF_DST, a).with(OneDnn.ARG_SRC, b).with(OneDnn.ARG_DIFF_WEIGHTS, y);
        }
        primitive.run(runtime);
    }

    /** Sums over no products are 0: computed as one product of zeros, so that bias and activation follow as always. */
    private Storage emptySums(
            Storage a,
            Storage b,
            boolean transposeA,
            boolean transposeB,
            Storage bias,
            Activation activation,
            CpuStorage result) {
        CpuStorage left = zeros(a.shape().with(transposeA ? -2 : -1, 1), a.dtype());
        CpuStorage right = zeros(b.shape().with(transposeB ? -1 : -2, 1), b.dtype());
        run(left, right, transposeA, transposeB, bias, activation, result).release();
        left.release();
        right.release();
        return result;
    }

    private CpuStorage zeros(Shape shape, DType dtype) {
        CpuStorage storage = runtime.allocate(shape, dtype);
        storage.segment().fill((byte) 0);
        return storage;
    }

    /** The elements in plain order as float32; release it after use. */
    private CpuStorage floats(Storage storage) {
        CpuStorage plain = runtime.plain(storage);
        if (plain.dtype() == DType.FLOAT32) {
            return plain;
        }
        if (!plain.dtype().isFloating()) {
            throw new UnsupportedOperationException("cpu: matmul of " + plain.dtype() + plain.shape());
        }
        CpuStorage floats = runtime.allocate(plain.shape(), DType.FLOAT32);
        runtime.convert(plain, floats);
        plain.release();
        return floats;
    }

    private static Shape resultShape(Shape a, Shape b, boolean transposeA, boolean transposeB) {
        long[] leading = Shape.broadcast("matmul", leading(a), leading(b)).toArray();
        long[] sizes = Arrays.copyOf(leading, leading.length + 2);
        sizes[leading.length] = a.size(transposeA ? -1 : -2);
        sizes[leading.length + 1] = b.size(transposeB ? -2 : -1);
        return Shape.of(sizes);
    }

    private static Shape leading(Shape shape) {
        return Shape.of(Arrays.copyOf(shape.toArray(), shape.rank() - 2));
    }

    /** The simplest product that is the same on the same memory. */
    private static Key key(
            Shape a, Shape b, boolean transposeA, boolean transposeB, boolean bias, Activation activation) {
        if (leading(b).elements() == 1 && (!transposeA || leading(a).elements() == 1)) {
            Shape left = Shape.of(leading(a).elements() * a.size(-2), a.size(-1));
            Shape right = Shape.of(b.size(-2), b.size(-1));
            return new Key(
                    kind(transposeA, transposeB, bias || activation != null),
                    left,
                    right,
                    transposeA,
                    transposeB,
                    bias,
                    activation);
        }
        int rank = Math.max(a.rank(), b.rank());
        return new Key(Kind.MATMUL, withRank(a, rank), withRank(b, rank), transposeA, transposeB, bias, activation);
    }

    private static Kind kind(boolean transposeA, boolean transposeB, boolean hasEpilogue) {
        if (!transposeA && transposeB) {
            return Kind.INNER_PRODUCT;
        }
        if (transposeB || hasEpilogue) {
            return Kind.MATMUL;
        }
        return transposeA ? Kind.INNER_PRODUCT_BACKWARD_WEIGHT : Kind.INNER_PRODUCT_BACKWARD_INPUT;
    }

    private static Shape withRank(Shape shape, int rank) {
        long[] sizes = new long[rank];
        Arrays.fill(sizes, 1);
        System.arraycopy(shape.toArray(), 0, sizes, rank - shape.rank(), shape.rank());
        return Shape.of(sizes);
    }

    private static Primitive create(Key key) {
        Shape y = resultShape(key.a, key.b, key.transposeA, key.transposeB);
        long result = MemoryDescriptor.plain(y, DType.FLOAT32).handle();
        long bias = key.bias ? bias(key, y) : 0;
        long attributes = Attributes.with(key.activation);
        if (key.kind == Kind.MATMUL) {
            long a = matrix(key.a, key.transposeA);
            long b = matrix(key.b, key.transposeB);
            return new Primitive(
                    OneDnn.create("dnnl_matmul_primitive_desc_create", OneDnn.ENGINE, a, b, bias, result, attributes));
        }
        long a = MemoryDescriptor.plain(key.a, DType.FLOAT32).handle();
        long b = MemoryDescriptor.plain(key.b, DType.FLOAT32).handle();
        return new Primitive(
                switch (key.kind) {
                    case INNER_PRODUCT ->
                        OneDnn.create(
                                "dnnl_inner_product_forward_primitive_desc_create",
                                OneDnn.ENGINE,
                                OneDnn.FORWARD_TRAINING,
                                a,
                                b,
                                bias,
                                result,
                                attributes);
                    case INNER_PRODUCT_BACKWARD_INPUT ->
                        OneDnn.create(
                                "dnnl_inner_product_backward_data_primitive_desc_create",
                                OneDnn.ENGINE,
                                result,
                                b,
                                a,
                                0L,
                                attributes);
                    default ->
                        OneDnn.create(
                                "dnnl_inner_product_backward_weights_primitive_desc_create",
                                OneDnn.ENGINE,
                                b,
                                result,
                                bias,
                                a,
                                0L,
                                attributes);
                });
    }

    private static Primitive createColumns(ColumnsKey some) {
        Shape a = some.key.a;
        Shape b = some.key.b;
        long[] rows = {b.size(-1), 1};
        return new Primitive(OneDnn.create(
                "dnnl_matmul_primitive_desc_create",
                OneDnn.ENGINE,
                MemoryDescriptor.plain(a, DType.FLOAT32).handle(),
                MemoryDescriptor.strided(Shape.of(b.size(-2), some.columns), DType.FLOAT32, rows)
                        .handle(),
                0L,
                MemoryDescriptor.strided(Shape.of(a.size(-2), some.columns), DType.FLOAT32, rows)
                        .handle(),
                Attributes.none()));
    }

    private static long bias(Key key, Shape y) {
        Shape shape = Shape.of(y.size(-1));
        return MemoryDescriptor.plain(key.kind == Kind.MATMUL ? withRank(shape, y.rank()) : shape, DType.FLOAT32)
                .handle();
    }

    /** The last two axes as the product sees them, whichever way they lie. */
    private static long matrix(Shape given, boolean transposed) {
        if (!transposed) {
            return MemoryDescriptor.plain(given, DType.FLOAT32).handle();
        }
        int last = given.rank() - 1;
        long[] sizes = given.toArray();
        long[] strides = given.strides();
        return MemoryDescriptor.strided(Shape.of(swapped(sizes, last)), DType.FLOAT32, swapped(strides, last))
                .handle();
    }

    private static long[] swapped(long[] values, int last) {
        long value = values[last];
        values[last] = values[last - 1];
        values[last - 1] = value;
        return values;
    }
}
