package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps.BatchNormGradient;
import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;

/**
 * Batch normalisation with channels last. Statistics by own loops, which sum in double precision: oneDNN's single precision was
 * measured to make gradients of deep networks ten times less exact. The rest by oneDNN, where a ReLU straight behind it leaves
 * a mask of bits for the backward; with a residual, which oneDNN cannot fuse, and in inference by own loops. The backward of a
 * residual or of another activation reads the output.
 */
final class BatchNorm {
    private static final int STATISTICS_ARE_GIVEN = 1;
    private static final int USE_SCALE_AND_SHIFT = 2 | 4;
    private static final int FUSE_RELU = 8;

    private record Key(Shape shape, float epsilon, int flags, int propagation) {}

    private final CpuRuntime runtime;
    private final BatchStatistics statistics;
    private final FusedActivation activations;

    BatchNorm(CpuRuntime runtime) {
        this.runtime = runtime;
        this.statistics = new BatchStatistics(runtime);
        this.activations = new FusedActivation(runtime);
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
        CpuStorage.requireFloat32("batch norm", x, residual, scale, shift, runningMean, runningVariance);
        CpuStorage mean = runtime.allocate(scale.shape(), DType.FLOAT32);
        CpuStorage variance = runtime.allocate(scale.shape(), DType.FLOAT32);
        CpuStorage output = runtime.allocateImages(x.shape());
        if (x.shape().elements() == 0) {
            mean.segment().fill((byte) 0);
            variance.segment().fill((byte) 0);
            return new Normalized(output, mean, variance, null);
        }
        CpuStorage source = runtime.channelsLast(x);
        statistics.compute(source, mean, variance);
        CpuStorage mask = null;
        if (residual != null) {
            apply(source, residual, scale, shift, mean, variance, epsilon, activation, output);
        } else {
            mask = normalize(source, scale, shift, mean, variance, epsilon, activation, output);
        }
        source.release();
        long count = x.shape().elements() / x.shape().size(1);
        move(runningMean, mean, momentum, 1);
        move(runningVariance, variance, momentum, count / (double) (count - 1));
        return new Normalized(output, mean, variance, mask);
    }

    /** By oneDNN; returns the mask of a fused ReLU, or null. */
    private CpuStorage normalize(
            CpuStorage x,
            Storage scale,
            Storage shift,
            CpuStorage mean,
            CpuStorage variance,
            float epsilon,
            Activation activation,
            CpuStorage output) {
        boolean fused = Activation.RELU.equals(activation);
        int flags = STATISTICS_ARE_GIVEN | (fused ? FUSE_RELU : 0);
        Primitive primitive = primitive(x.shape(), epsilon, flags, OneDnn.FORWARD_TRAINING);
        CpuStorage mask = fused ? runtime.allocate(Shape.of(primitive.workspaceBytes()), DType.UINT8) : null;
        if (fused) {
            primitive.with(OneDnn.ARG_WORKSPACE, mask.address);
        }
        primitive
                .with(OneDnn.ARG_SRC, x.address)
                .with(OneDnn.ARG_SCALE, ((CpuStorage) scale).address)
                .with(OneDnn.ARG_SHIFT, ((CpuStorage) shift).address)
                .with(OneDnn.ARG_MEAN, mean.address)
                .with(OneDnn.ARG_VARIANCE, variance.address)
                .with(OneDnn.ARG_DST, output.address)
                .run(runtime);
        if (!fused && activation != null) {
            activations.apply(output, activation);
        } else if (fused && !BatchStatistics.areFinite(mean, variance, scale, shift)) {
            // The fused ReLU makes NaN 0; a network that diverged has to show.
            statistics.apply(x, null, scale, shift, mean, variance, epsilon, true, output);
        }
        return mask;
    }

    Storage inference(
            Storage x,
            Storage residual,
            Storage scale,
            Storage shift,
            Storage mean,
            Storage variance,
            float epsilon,
            Activation activation) {
        CpuStorage.requireFloat32("batch norm", x, residual, scale, shift, mean, variance);
        CpuStorage output = runtime.allocateImages(x.shape());
        if (x.shape().elements() > 0) {
            CpuStorage source = runtime.channelsLast(x);
            apply(source, residual, scale, shift, mean, variance, epsilon, activation, output);
            source.release();
        }
        return output;
    }

    private void apply(
            CpuStorage x,
            Storage residual,
            Storage scale,
            Storage shift,
            Storage mean,
            Storage variance,
            float epsilon,
            Activation activation,
            CpuStorage output) {
        CpuStorage addend = residual == null ? null : runtime.channelsLast(residual);
        boolean relu = Activation.RELU.equals(activation);
        statistics.apply(x, addend, scale, shift, mean, variance, epsilon, relu, output);
        if (!relu && activation != null) {
            activations.apply(output, activation);
        }
        if (addend != null) {
            addend.release();
        }
    }

    /** {@code running = (1 − momentum) · running + momentum · factor · batch}. */
    private static void move(Storage running, CpuStorage batch, float momentum, double factor) {
        if (running == null) {
            return;
        }
        long target = ((CpuStorage) running).address;
        for (long at = 0; at < batch.bytes(); at += Float.BYTES) {
            double old = NativeMemory.ALL.get(JAVA_FLOAT, target + at);
            double value = NativeMemory.ALL.get(JAVA_FLOAT, batch.address + at) * factor;
            NativeMemory.ALL.set(JAVA_FLOAT, target + at, (float) ((1.0 - momentum) * old + momentum * value));
        }
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
        CpuStorage.requireFloat32("batch norm", gradient, x, scale, scaleGradient, shiftGradient);
        CpuStorage result = runtime.allocateImages(x.shape());
        if (x.shape().elements() == 0) {
            ((CpuStorage) scaleGradient).segment().fill((byte) 0);
            ((CpuStorage) shiftGradient).segment().fill((byte) 0);
            return new BatchNormGradient(result, hasResidual ? gradient.retain() : null);
        }
        boolean fused = forward.saved() != null;
        CpuStorage beforeActivation = runtime.channelsLast(gradient);
        if (activation != null && !fused) {
            CpuStorage behind = beforeActivation;
            CpuStorage output = runtime.channelsLast(forward.output());
            beforeActivation = activations.backward(behind, output, activation);
            output.release();
            behind.release();
        }
        CpuStorage source = runtime.channelsLast(x);
        Primitive primitive = primitive(x.shape(), epsilon, fused ? FUSE_RELU : 0, OneDnn.BACKWARD);
        if (fused) {
            primitive.with(OneDnn.ARG_WORKSPACE, ((CpuStorage) forward.saved()).address);
        }
        primitive
                .with(OneDnn.ARG_SRC, source.address)
                .with(OneDnn.ARG_MEAN, ((CpuStorage) forward.mean()).address)
                .with(OneDnn.ARG_VARIANCE, ((CpuStorage) forward.variance()).address)
                .with(OneDnn.ARG_SCALE, ((CpuStorage) scale).address)
                .with(OneDnn.ARG_DIFF_DST, beforeActivation.address)
                .with(OneDnn.ARG_DIFF_SRC, result.address)
                .with(OneDnn.ARG_DIFF_SCALE, ((CpuStorage) scaleGradient).address)
                .with(OneDnn.ARG_DIFF_SHIFT, ((CpuStorage) shiftGradient).address)
                .run(runtime);
        source.release();
        if (!hasResidual) {
            beforeActivation.release();
        }
        return new BatchNormGradient(result, hasResidual ? beforeActivation : null);
    }

    private Primitive primitive(Shape shape, float epsilon, int flags, int propagation) {
        return runtime.primitive(
                new Key(shape, epsilon, flags, propagation), () -> create(shape, epsilon, flags, propagation));
    }

    private Primitive create(Shape shape, float epsilon, int flags, int propagation) {
        long images =
                MemoryDescriptor.of(shape, DType.FLOAT32, Order.CHANNELS_LAST).handle();
        int allFlags = flags | USE_SCALE_AND_SHIFT;
        if (propagation == OneDnn.BACKWARD) {
            long forward =
                    primitive(shape, epsilon, flags, OneDnn.FORWARD_TRAINING).descriptor();
            return new Primitive(OneDnn.create(
                    "dnnl_batch_normalization_backward_primitive_desc_create",
                    OneDnn.ENGINE,
                    propagation,
                    images,
                    images,
                    images,
                    epsilon,
                    allFlags,
                    forward,
                    Attributes.none()));
        }
        return new Primitive(OneDnn.create(
                "dnnl_batch_normalization_forward_primitive_desc_create",
                OneDnn.ENGINE,
                propagation,
                images,
                images,
                epsilon,
                allFlags,
                Attributes.none()));
    }
}
