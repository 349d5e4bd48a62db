package dev.tandem.cuda;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Pooling by own kernels. Those that pick save which tap of each window was chosen. */
final class Pooling {
    private static final String FILE = "pool";

    private final CudaRuntime runtime;

    Pooling(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    Result forward(PoolKind kind, Storage x, Window window, boolean training) {
        Shape shape = x.shape();
        Shape output = shape.with(2, window.outputHeight(shape.size(2))).with(3, window.outputWidth(shape.size(3)));
        CudaStorage y = runtime.allocate(output, x.dtype());
        if (isAverage(kind)) {
            runtime.kernel(FILE, "average", x.dtype())
                    .with((CudaStorage) x)
                    .with(y)
                    .with(kind.ordinal())
                    .with(structure(shape, output, window))
                    .with(y.elements())
                    .over(y.elements());
            return new Result(y, null);
        }
        CudaStorage chosen = training ? runtime.allocate(output, DType.INT32) : null;
        runtime.kernel(FILE, kind == PoolKind.MEDIAN ? "median" : "maximum", x.dtype())
                .with((CudaStorage) x)
                .with(y)
                .with(chosen)
                .with(kind.ordinal())
                .with(structure(shape, output, window))
                .with(y.elements())
                .over(y.elements());
        return new Result(y, chosen);
    }

    CudaStorage backward(PoolKind kind, Storage gradient, Storage saved, Shape x, Window window) {
        CudaStorage result = runtime.allocate(x, gradient.dtype());
        runtime.kernel(FILE, "backward", gradient.dtype())
                .with((CudaStorage) gradient)
                .with((CudaStorage) saved)
                .with(result)
                .with(kind.ordinal())
                .with(structure(x, gradient.shape(), window))
                .with(result.elements())
                .over(result.elements());
        return result;
    }

    private static boolean isAverage(PoolKind kind) {
        return kind == PoolKind.AVERAGE || kind == PoolKind.AVERAGE_WITH_PADDING;
    }

    private static int[] structure(Shape image, Shape output, Window window) {
        return new int[] {
            Math.toIntExact(image.size(2)),
            Math.toIntExact(image.size(3)),
            Math.toIntExact(output.size(2)),
            Math.toIntExact(output.size(3)),
            window.kernelHeight(),
            window.kernelWidth(),
            window.strideHeight(),
            window.strideWidth(),
            window.padTop(),
            window.padLeft(),
            window.dilationHeight(),
            window.dilationWidth()
        };
    }
}
