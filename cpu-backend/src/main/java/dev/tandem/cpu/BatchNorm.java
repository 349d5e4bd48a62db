package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.Activation;
import dev.tandem.backend.NeuralOps.BatchNormGradient;
import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.Storage;
import dev.tandem.cpu.BatchNormKernels.Channels;
import dev.tandem.tensor.DType;

/**
 * Batch normalisation with channels last, by own loops: oneDNN's are up to a hundred times slower where channels fill no vectors,
 * and its statistics in single precision were measured to make gradients of deep networks ten times less exact. A ReLU straight
 * behind it is part of both directions; there the backward finds out anew what the ReLU stopped, and reads neither an output nor a
 * mask. The backward of a residual or of another activation reads the output.
 */
final class BatchNorm {
    private final CpuRuntime runtime;
    private final BatchNormPasses passes;
    private final FusedActivation activations;

    BatchNorm(CpuRuntime runtime) {
        this.runtime = runtime;
        this.passes = new BatchNormPasses(runtime);
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
        passes.statistics(source, mean, variance);
        Channels channels = passes.channels(scale, shift, mean, variance, epsilon);
        apply(source, residual, channels, activation, output);
        source.release();
        long count = x.shape().elements() / x.shape().size(1);
        move(runningMean, mean, momentum, 1);
        move(runningVariance, variance, momentum, count / (double) (count - 1));
        boolean fused = residual == null && Activation.RELU.equals(activation);
        return new Normalized(output, mean, variance, fused ? shift.retain() : null);
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
            Channels channels = passes.channels(scale, shift, mean, variance, epsilon);
            apply(source, residual, channels, activation, output);
            source.release();
        }
        return output;
    }

    private void apply(CpuStorage x, Storage residual, Channels channels, Activation activation, CpuStorage output) {
        CpuStorage addend = residual == null ? null : runtime.channelsLast(residual);
        boolean relu = Activation.RELU.equals(activation);
        passes.apply(x, addend, channels, relu, output);
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
        // A fused ReLU saved the shift: with it, what the ReLU saw is computed anew. Nothing else needs one.
        Channels channels = passes.channels(scale, forward.saved(), forward.mean(), forward.variance(), epsilon);
        passes.backward(
                beforeActivation,
                source,
                channels,
                fused,
                forward.variance(),
                epsilon,
                result,
                (CpuStorage) scaleGradient,
                (CpuStorage) shiftGradient);
        source.release();
        if (!hasResidual) {
            beforeActivation.release();
        }
        return new BatchNormGradient(result, hasResidual ? beforeActivation : null);
    }
}
