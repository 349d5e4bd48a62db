package dev.tandem.cuda;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Softmax cross-entropy of rows. */
final class CrossEntropy {
    private static final String FILE = "cross_entropy";

    private final CudaRuntime runtime;

    CrossEntropy(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    /** Saves the probabilities. */
    Result forward(Storage logits, Storage target, float labelSmoothing) {
        CudaStorage.requireFloat32("cross-entropy", logits);
        CudaStorage x = (CudaStorage) logits;
        CudaStorage losses = runtime.allocate(Shape.of(x.shape().size(0)), DType.FLOAT32);
        CudaStorage probabilities = runtime.allocateLike(x);
        runtime.kernel(FILE, "forward", DType.FLOAT32, target.dtype())
                .with(x)
                .with((CudaStorage) target)
                .with(probabilities)
                .with(losses)
                .with(labelSmoothing)
                .with(x.shape().size(1))
                .blocks(losses.elements());
        return new Result(losses, probabilities);
    }

    CudaStorage backward(Storage gradient, Storage saved, Storage target, float labelSmoothing) {
        CudaStorage probabilities = (CudaStorage) saved;
        CudaStorage result = runtime.allocateLike(probabilities);
        runtime.kernel(FILE, "backward", DType.FLOAT32, target.dtype())
                .with((CudaStorage) gradient)
                .with(probabilities)
                .with((CudaStorage) target)
                .with(result)
                .with(labelSmoothing)
                .with(probabilities.shape().size(1))
                .blocks(probabilities.shape().size(0));
        return result;
    }
}
