package dev.tandem.cuda;

import dev.tandem.backend.Activation;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;

/** Functions of one operand, and what is fused behind products and convolutions. */
final class Elementwise {
    private static final String FILE = "elementwise";

    private final CudaRuntime runtime;

    Elementwise(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    CudaStorage forward(UnaryOp op, Storage x, float a, float b) {
        if (!x.dtype().isFloating() && !op.takesIntegers()) {
            throw new UnsupportedOperationException(
                    "cuda: " + op + " of " + x.dtype() + x.shape() + " is not supported; cast to FLOAT32 first");
        }
        CudaStorage source = (CudaStorage) x;
        CudaStorage y = runtime.allocateLike(source);
        runtime.kernel(FILE, "forward", source.dtype())
                .with(source)
                .with(y)
                .with(op.ordinal())
                .with(a)
                .with(b)
                .with(source.elements())
                .over(source.elements());
        return y;
    }

    /** @param known input or output, whichever the derivative needs, or null */
    CudaStorage backward(UnaryOp op, Storage gradient, Storage known, float a, float b, boolean overwriteGradient) {
        CudaStorage from = (CudaStorage) gradient;
        CudaStorage result = overwriteGradient ? (CudaStorage) from.retain() : runtime.allocateLike(from);
        runtime.kernel(FILE, "backward", from.dtype())
                .with(from)
                .with((CudaStorage) known)
                .with(result)
                .with(op.ordinal())
                .with(a)
                .with(b)
                .with(from.elements())
                .over(from.elements());
        return result;
    }

    void axpby(float alpha, Storage x, float beta, Storage y) {
        CudaStorage to = (CudaStorage) y;
        runtime.kernel(FILE, "axpby", to.dtype())
                .with(alpha)
                .with((CudaStorage) x)
                .with(beta)
                .with(to)
                .with(to.elements())
                .over(to.elements());
    }

    /**
     * Adds a bias along an axis and applies an activation, in place.
     *
     * @param bias one for each channel, or null
     * @param inner elements from one channel to the next
     * @param activation or null
     */
    void epilogue(CudaStorage y, Storage bias, long inner, long channels, Activation activation) {
        if (bias == null && activation == null) {
            return;
        }
        DType dtype = y.dtype();
        Fused fused = Fused.of(activation);
        runtime.kernel(FILE, "epilogue", dtype)
                .with(y)
                .with((CudaStorage) bias)
                .with(inner)
                .with(channels)
                .with(fused.op())
                .with(fused.a())
                .with(fused.b())
                .with(y.elements())
                .over(y.elements());
    }
}
