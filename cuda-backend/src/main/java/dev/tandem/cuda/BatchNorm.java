package dev.tandem.cuda;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps.BatchNormGradient;
import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/** Batch normalisation by own kernels, with the addition and the activation behind it. */
final class BatchNorm {
    private static final String FILE = "batch_norm";
    /** Elements that a block takes in one go at least, and blocks that keep any GPU busy. */
    private static final long PART = 4096;

    private static final long ENOUGH_BLOCKS = 1024;

    private final CudaRuntime runtime;

    BatchNorm(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    /** The sizes of {@code [N, C, H, W]} as the kernels take them, and into how many parts a channel is cut. */
    private record Sizes(long channels, long plane, long perChannel, int parts) {
        static Sizes of(Shape shape) {
            long channels = shape.size(1);
            long plane = shape.size(2) * shape.size(3);
            long perChannel = shape.size(0) * plane;
            long useful = Math.min(Math.ceilDiv(perChannel, PART), Math.ceilDiv(ENOUGH_BLOCKS, Math.max(1, channels)));
            return new Sizes(channels, plane, perChannel, (int) Math.max(1, useful));
        }

        Shape partShape() {
            return Shape.of(channels, parts);
        }
    }

    Normalized training(
            Storage x,
            Storage residual,
            Storage scale,
            Storage shift,
            Storage runningMean,
            Storage runningVariance,
            float momentum,
            float epsilon,
            Activation activation) {
        Sizes sizes = Sizes.of(x.shape());
        CudaStorage mean = runtime.allocate(Shape.of(sizes.channels), DType.FLOAT32);
        CudaStorage variance = runtime.allocate(Shape.of(sizes.channels), DType.FLOAT32);
        if (sizes.perChannel == 0) {
            Fill.fill(runtime, mean, 0);
            Fill.fill(runtime, variance, 0);
        } else {
            statistics((CudaStorage) x, sizes, mean, variance, runningMean, runningVariance, momentum);
        }
        Storage output = inference(x, residual, scale, shift, mean, variance, epsilon, activation);
        return new Normalized(output, mean, variance, null);
    }

    private void statistics(
            CudaStorage x,
            Sizes sizes,
            CudaStorage mean,
            CudaStorage variance,
            Storage runningMean,
            Storage runningVariance,
            float momentum) {
        CudaStorage means = runtime.allocate(sizes.partShape(), DType.FLOAT32);
        CudaStorage squares = runtime.allocate(sizes.partShape(), DType.FLOAT32);
        runtime.kernel(FILE, "statistics", x.dtype())
                .with(x)
                .with(means)
                .with(squares)
                .with(sizes.channels)
                .with(sizes.plane)
                .with(sizes.perChannel)
                .blocks(sizes.channels, sizes.parts);
        runtime.kernel(FILE, "join_statistics", x.dtype())
                .with(means)
                .with(squares)
                .with(mean)
                .with(variance)
                .with((CudaStorage) runningMean)
                .with((CudaStorage) runningVariance)
                .with(momentum)
                .with(sizes.parts)
                .with(sizes.channels)
                .with(sizes.perChannel)
                .over(sizes.channels);
        means.release();
        squares.release();
    }

    CudaStorage inference(
            Storage x,
            Storage residual,
            Storage scale,
            Storage shift,
            Storage mean,
            Storage variance,
            float epsilon,
            Activation activation) {
        CudaStorage source = (CudaStorage) x;
        Sizes sizes = Sizes.of(x.shape());
        Fused fused = Fused.of(activation);
        CudaStorage y = runtime.allocateLike(source);
        runtime.kernel(FILE, "normalize", source.dtype())
                .with(source)
                .with((CudaStorage) residual)
                .with((CudaStorage) scale)
                .with((CudaStorage) shift)
                .with((CudaStorage) mean)
                .with((CudaStorage) variance)
                .with(y)
                .with(epsilon)
                .with(fused.op())
                .with(fused.a())
                .with(fused.b())
                .with(sizes.channels)
                .with(sizes.plane)
                .with(y.elements())
                .over(y.elements());
        return y;
    }

    BatchNormGradient backward(
            Storage gradient,
            Storage x,
            Normalized forward,
            Storage scale,
            float epsilon,
            Activation activation,
            boolean hasResidual,
            Storage scaleGradient,
            Storage shiftGradient) {
        CudaStorage source = (CudaStorage) x;
        Sizes sizes = Sizes.of(x.shape());
        if (sizes.perChannel == 0) {
            Fill.fill(runtime, (CudaStorage) scaleGradient, 0);
            Fill.fill(runtime, (CudaStorage) shiftGradient, 0);
        } else {
            parameterGradients(gradient, source, forward, sizes, epsilon, activation, scaleGradient, shiftGradient);
        }
        Fused fused = Fused.of(activation);
        CudaStorage result = runtime.allocateLike(source);
        CudaStorage residual = hasResidual ? runtime.allocateLike(source) : null;
        runtime.kernel(FILE, "input_gradient", source.dtype())
                .with((CudaStorage) gradient)
                .with(source)
                .with(activation == null ? null : (CudaStorage) forward.output())
                .with((CudaStorage) scale)
                .with((CudaStorage) forward.mean())
                .with((CudaStorage) forward.variance())
                .with((CudaStorage) shiftGradient)
                .with((CudaStorage) scaleGradient)
                .with(result)
                .with(residual)
                .with(epsilon)
                .with(fused.op())
                .with(fused.a())
                .with(fused.b())
                .with(sizes.channels)
                .with(sizes.plane)
                .with(sizes.perChannel)
                .with(result.elements())
                .over(result.elements());
        return new BatchNormGradient(result, residual);
    }

    private void parameterGradients(
            Storage gradient,
            CudaStorage x,
            Normalized forward,
            Sizes sizes,
            float epsilon,
            Activation activation,
            Storage scaleGradient,
            Storage shiftGradient) {
        Fused fused = Fused.of(activation);
        CudaStorage shifts = runtime.allocate(sizes.partShape(), DType.FLOAT32);
        CudaStorage scales = runtime.allocate(sizes.partShape(), DType.FLOAT32);
        runtime.kernel(FILE, "gradient_sums", x.dtype())
                .with((CudaStorage) gradient)
                .with(x)
                .with(activation == null ? null : (CudaStorage) forward.output())
                .with((CudaStorage) forward.mean())
                .with((CudaStorage) forward.variance())
                .with(shifts)
                .with(scales)
                .with(epsilon)
                .with(fused.op())
                .with(fused.a())
                .with(fused.b())
                .with(sizes.channels)
                .with(sizes.plane)
                .with(sizes.perChannel)
                .blocks(sizes.channels, sizes.parts);
        runtime.kernel(FILE, "join_gradients", x.dtype())
                .with(shifts)
                .with(scales)
                .with((CudaStorage) shiftGradient)
                .with((CudaStorage) scaleGradient)
                .with(sizes.parts)
                .with(sizes.channels)
                .over(sizes.channels);
        shifts.release();
        scales.release();
    }
}
