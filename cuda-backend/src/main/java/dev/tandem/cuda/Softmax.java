package dev.tandem.cuda;

import static jcuda.jcudnn.cudnnSoftmaxAlgorithm.CUDNN_SOFTMAX_ACCURATE;
import static jcuda.jcudnn.cudnnSoftmaxAlgorithm.CUDNN_SOFTMAX_LOG;
import static jcuda.jcudnn.cudnnSoftmaxMode.CUDNN_SOFTMAX_MODE_CHANNEL;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.Shape;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnTensorDescriptor;

/** Softmax by cuDNN, along any axis: what lies outside of it is its batch, what lies inside its pixels. */
final class Softmax {
    private final CudaRuntime runtime;

    Softmax(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    CudaStorage forward(Storage x, int axis, boolean logarithm) {
        CudaStorage y = runtime.allocateLike((CudaStorage) x);
        if (y.elements() > 0) {
            CudaStorage source = runtime.aligned((CudaStorage) x);
            cudnnTensorDescriptor descriptor = descriptor(x, axis);
            int outcome = JCudnn.cudnnSoftmaxForward(
                    runtime.cudnn().handle(),
                    algorithm(logarithm),
                    CUDNN_SOFTMAX_MODE_CHANNEL,
                    Cudnn.ONE,
                    descriptor,
                    source.pointer(),
                    Cudnn.ZERO,
                    descriptor,
                    y.pointer());
            runtime.status().cudnn(outcome, "softmax", x);
            source.release();
        }
        return y;
    }

    CudaStorage backward(Storage gradient, Storage output, int axis, boolean logarithm) {
        CudaStorage result = runtime.allocateLike((CudaStorage) gradient);
        if (result.elements() > 0) {
            CudaStorage slope = runtime.aligned((CudaStorage) gradient);
            CudaStorage y = runtime.aligned((CudaStorage) output);
            cudnnTensorDescriptor descriptor = descriptor(gradient, axis);
            int outcome = JCudnn.cudnnSoftmaxBackward(
                    runtime.cudnn().handle(),
                    algorithm(logarithm),
                    CUDNN_SOFTMAX_MODE_CHANNEL,
                    Cudnn.ONE,
                    descriptor,
                    y.pointer(),
                    descriptor,
                    slope.pointer(),
                    Cudnn.ZERO,
                    descriptor,
                    result.pointer());
            runtime.status().cudnn(outcome, "softmax's gradient", gradient);
            slope.release();
            y.release();
        }
        return result;
    }

    private static int algorithm(boolean logarithm) {
        return logarithm ? CUDNN_SOFTMAX_LOG : CUDNN_SOFTMAX_ACCURATE;
    }

    private cudnnTensorDescriptor descriptor(Storage x, int axis) {
        Shape shape = x.shape();
        if (shape.rank() == 0) {
            return runtime.cudnn().descriptor(x.dtype(), Shape.of(1, 1, 1, 1));
        }
        long size = shape.size(axis);
        long inner = shape.strides()[axis];
        long outer = shape.elements() / size / inner;
        return runtime.cudnn().descriptor(x.dtype(), Shape.of(outer, size, inner, 1));
    }
}
