package dev.tandem.cuda;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;

/** Local response normalisation by own kernels. Backward computes the divisors again, which is cheaper than to keep them. */
final class LocalResponseNorm {
    private static final String FILE = "local_response_norm";

    private final CudaRuntime runtime;

    LocalResponseNorm(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    Result forward(Storage x, int size, float alpha, float beta, float k) {
        CudaStorage source = (CudaStorage) x;
        CudaStorage y = runtime.allocateLike(source);
        settings(runtime.kernel(FILE, "forward", source.dtype()).with(source).with(y), source, size, alpha, beta, k);
        return new Result(y, null);
    }

    CudaStorage backward(Storage gradient, Storage x, int size, float alpha, float beta, float k) {
        CudaStorage source = (CudaStorage) x;
        CudaStorage slope = (CudaStorage) gradient;
        CudaStorage shares = runtime.allocate(x.shape(), DType.FLOAT32);
        settings(
                runtime.kernel(FILE, "shares", source.dtype())
                        .with(slope)
                        .with(source)
                        .with(shares),
                source,
                size,
                alpha,
                beta,
                k);
        CudaStorage result = runtime.allocateLike(source);
        settings(
                runtime.kernel(FILE, "backward", source.dtype())
                        .with(slope)
                        .with(source)
                        .with(shares)
                        .with(result),
                source,
                size,
                alpha,
                beta,
                k);
        shares.release();
        return result;
    }

    /** Adds the arguments that all three kernels have, and starts it. */
    private static void settings(Launch launch, CudaStorage x, int size, float alpha, float beta, float k) {
        launch.with(new int[] {Math.toIntExact(x.shape().size(1)), size / 2, (size - 1) / 2})
                .with(alpha / size)
                .with(beta)
                .with(k)
                .with(x.shape().size(2) * x.shape().size(3))
                .with(x.elements())
                .over(x.elements());
    }
}
