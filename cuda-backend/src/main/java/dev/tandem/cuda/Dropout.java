package dev.tandem.cuda;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;

/** Dropout with random numbers from a counter on the device; saves a byte an element. */
final class Dropout {
    private static final String FILE = "random";

    private final CudaRuntime runtime;

    Dropout(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    Result forward(Storage x, float probability, Storage state) {
        CudaStorage source = (CudaStorage) x;
        CudaStorage y = runtime.allocateLike(source);
        CudaStorage kept = runtime.allocate(x.shape(), DType.UINT8);
        runtime.kernel(FILE, "dropout", source.dtype())
                .with((CudaStorage) state)
                .with(source)
                .with(y)
                .with(kept)
                .with(probability)
                .with(scale(probability))
                .with(source.elements())
                .over(Random.counters(x.shape()));
        Random.advance(runtime, state, x.shape());
        return new Result(y, kept);
    }

    CudaStorage backward(Storage gradient, Storage saved, float probability) {
        CudaStorage slope = (CudaStorage) gradient;
        CudaStorage result = runtime.allocateLike(slope);
        runtime.kernel(FILE, "dropout_backward", slope.dtype())
                .with(slope)
                .with((CudaStorage) saved)
                .with(result)
                .with(scale(probability))
                .with(slope.elements())
                .over(slope.elements());
        return result;
    }

    private static float scale(float probability) {
        return 1 / (1 - probability);
    }
}
