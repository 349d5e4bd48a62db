package dev.tandem.cuda;

import dev.tandem.backend.Activation;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/** Matrix products whose leading axes broadcast, by cuBLAS, with bias and activation in one pass behind them. */
final class MatrixProduct {
    private final CudaRuntime runtime;
    private final Elementwise elementwise;

    MatrixProduct(CudaRuntime runtime, Elementwise elementwise) {
        this.runtime = runtime;
        this.elementwise = elementwise;
    }

    CudaStorage run(
            Storage a,
            Storage b,
            boolean transposeA,
            boolean transposeB,
            Storage bias,
            Activation activation,
            Storage into) {
        long rows = a.shape().size(transposeA ? -1 : -2);
        long inner = a.shape().size(transposeA ? -2 : -1);
        long columns = b.shape().size(transposeB ? -2 : -1);
        Shape batch = Shape.broadcast("matmul", leading(a.shape()), leading(b.shape()));
        long[] sizes = Arrays.copyOf(batch.toArray(), batch.rank() + 2);
        sizes[batch.rank()] = rows;
        sizes[batch.rank() + 1] = columns;
        CudaStorage result = into != null ? (CudaStorage) into.retain() : runtime.allocate(Shape.of(sizes), a.dtype());
        if (result.elements() == 0) {
            return result;
        }
        if (inner == 0) {
            Fill.fill(runtime, result, 0);
        } else {
            Cublas.Sizes one = new Cublas.Sizes(rows, columns, inner, transposeA, transposeB);
            multiply(one, batch, (CudaStorage) a, (CudaStorage) b, result);
        }
        elementwise.epilogue(result, bias, 1, columns, activation);
        return result;
    }

    /** {@code alpha · A · B} of equal leading axes, without bias. */
    CudaStorage scaled(float alpha, CudaStorage a, CudaStorage b, boolean transposeA, boolean transposeB) {
        long rows = a.shape().size(transposeA ? -1 : -2);
        long inner = a.shape().size(transposeA ? -2 : -1);
        long columns = b.shape().size(transposeB ? -2 : -1);
        Shape shape = a.shape().with(-2, rows).with(-1, columns);
        CudaStorage result = runtime.allocate(shape, a.dtype());
        if (inner == 0) {
            Fill.fill(runtime, result, 0);
        } else if (result.elements() > 0) {
            Cublas.Sizes one = new Cublas.Sizes(rows, columns, inner, transposeA, transposeB);
            long count = leading(a.shape()).elements();
            runtime.cublas()
                    .multiply(
                            one,
                            a.dtype(),
                            alpha,
                            a.address,
                            rows * inner,
                            b.address,
                            inner * columns,
                            result.address,
                            rows * columns,
                            count,
                            result);
        }
        return result;
    }

    private void multiply(Cublas.Sizes one, Shape batch, CudaStorage a, CudaStorage b, CudaStorage result) {
        Walk walk = Walk.over(
                batch.toArray(),
                Walk.broadcast(leading(a.shape()), batch),
                Walk.broadcast(leading(b.shape()), batch),
                batch.strides());
        int last = walk.rank() - 1;
        if (last == 0 && walk.stride(1, 0) == 0 && walk.stride(0, 0) == 1 && !one.transposeA()) {
            // Every A times the same B: their rows are those of one large A.
            one = new Cublas.Sizes(one.rows() * walk.size(0), one.columns(), one.inner(), false, one.transposeB());
            start(one, a, b, result, new long[3], walk, -1);
            return;
        }
        long outer = 1;
        for (int axis = 0; axis < last; axis++) {
            outer *= walk.size(axis);
        }
        for (long i = 0; i < outer; i++) {
            start(one, a, b, result, matrices(walk, i), walk, last);
        }
    }

    /** Which matrix of A, of B and of the result position {@code i} of the outer axes begins with. */
    private static long[] matrices(Walk walk, long i) {
        long[] matrices = new long[3];
        long rest = i;
        for (int axis = walk.rank() - 2; axis >= 0; axis--) {
            for (int array = 0; array < 3; array++) {
                matrices[array] += rest % walk.size(axis) * walk.stride(array, axis);
            }
            rest /= walk.size(axis);
        }
        return matrices;
    }

    /** The products along one axis of the walk, or a single one for axis −1. */
    private void start(
            Cublas.Sizes one, CudaStorage a, CudaStorage b, CudaStorage result, long[] first, Walk walk, int axis) {
        long elementsA = one.rows() * one.inner();
        long elementsB = one.inner() * one.columns();
        long elementsC = one.rows() * one.columns();
        int bytes = a.dtype().bytes();
        runtime.cublas()
                .multiply(
                        one,
                        a.dtype(),
                        1,
                        a.address + first[0] * elementsA * bytes,
                        axis < 0 ? 0 : walk.stride(0, axis) * elementsA,
                        b.address + first[1] * elementsB * bytes,
                        axis < 0 ? 0 : walk.stride(1, axis) * elementsB,
                        result.address + first[2] * elementsC * bytes,
                        axis < 0 ? 0 : walk.stride(2, axis) * elementsC,
                        axis < 0 ? 1 : walk.size(axis),
                        result);
    }

    private static Shape leading(Shape shape) {
        return Shape.of(Arrays.copyOf(shape.toArray(), shape.rank() - 2));
    }
}
