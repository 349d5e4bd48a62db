package dev.tandem.cuda;

import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Layer normalisation of rows. */
final class LayerNorm {
    private static final String FILE = "layer_norm";
    /** Rows that a thread of the parameters' gradients takes at least, and how many parts there are at most. */
    private static final long ROWS = 64;

    private static final long MOST_PARTS = 256;

    private final CudaRuntime runtime;

    LayerNorm(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    Normalized forward(Storage x, Storage scale, Storage shift, float epsilon) {
        CudaStorage source = (CudaStorage) x;
        long size = x.shape().size(-1);
        long rows = size == 0 ? 0 : source.elements() / size;
        CudaStorage y = runtime.allocateLike(source);
        CudaStorage means = runtime.allocate(Shape.of(rows), DType.FLOAT32);
        CudaStorage variances = runtime.allocate(Shape.of(rows), DType.FLOAT32);
        runtime.kernel(FILE, "forward", source.dtype())
                .with(source)
                .with((CudaStorage) scale)
                .with((CudaStorage) shift)
                .with(y)
                .with(means)
                .with(variances)
                .with(epsilon)
                .with(size)
                .blocks(rows);
        return new Normalized(y, means, variances, null);
    }

    CudaStorage backward(
            Storage gradient,
            Storage x,
            Normalized forward,
            Storage scale,
            float epsilon,
            Storage scaleGradient,
            Storage shiftGradient) {
        CudaStorage source = (CudaStorage) x;
        long size = x.shape().size(-1);
        long rows = size == 0 ? 0 : source.elements() / size;
        CudaStorage result = runtime.allocateLike(source);
        runtime.kernel(FILE, "input_gradient", source.dtype())
                .with((CudaStorage) gradient)
                .with(source)
                .with((CudaStorage) scale)
                .with((CudaStorage) forward.mean())
                .with((CudaStorage) forward.variance())
                .with(result)
                .with(epsilon)
                .with(size)
                .blocks(rows);
        int parts = (int) Math.max(1, Math.min(MOST_PARTS, rows / ROWS));
        CudaStorage scales = runtime.allocate(Shape.of(parts, size), DType.FLOAT32);
        CudaStorage shifts = runtime.allocate(Shape.of(parts, size), DType.FLOAT32);
        runtime.kernel(FILE, "parameter_sums", source.dtype())
                .with((CudaStorage) gradient)
                .with(source)
                .with((CudaStorage) forward.mean())
                .with((CudaStorage) forward.variance())
                .with(scales)
                .with(shifts)
                .with(epsilon)
                .with(size)
                .with(rows)
                .over(size, parts);
        runtime.kernel(FILE, "join_parameters", source.dtype())
                .with(scales)
                .with(shifts)
                .with((CudaStorage) scaleGradient)
                .with((CudaStorage) shiftGradient)
                .with(parts)
                .with(size)
                .over(size);
        scales.release();
        shifts.release();
        return result;
    }
}
