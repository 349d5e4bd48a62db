package dev.tandem.cuda;

import static jcuda.jcudnn.cudnnTensorFormat.CUDNN_TENSOR_NCHW;

import dev.tandem.backend.RecentlyUsed;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnTensorDescriptor;

/** cuDNN on one device, and its descriptors of arrays. */
final class Cudnn implements AutoCloseable {
    /** What results are multiplied with, and what is kept of what was there: {@code 1 · new + 0 · old}. */
    static final Pointer ONE = Pointer.to(new float[] {1});

    static final Pointer ZERO = Pointer.to(new float[] {0});

    /** What a descriptor says. */
    record Array(DType dtype, Shape shape) {}

    private final cudnnHandle handle = new cudnnHandle();
    private final Status status;
    private final RecentlyUsed<Array, cudnnTensorDescriptor> descriptors;

    /** @param descriptors to keep some in, which destroys what falls out */
    Cudnn(Status status, Stream stream, RecentlyUsed<Array, cudnnTensorDescriptor> descriptors) {
        this.status = status;
        this.descriptors = descriptors;
        status.cudnn(JCudnn.cudnnCreate(handle), "opening cuDNN");
        status.cudnn(JCudnn.cudnnSetStream(handle, stream.forLibraries()), "opening cuDNN");
    }

    cudnnHandle handle() {
        return handle;
    }

    /** Of an array {@code [N, C, H, W]}; to be used at once, since it is kept only for a while. */
    cudnnTensorDescriptor descriptor(DType dtype, Shape shape) {
        return descriptors.get(new Array(dtype, shape), () -> describe(dtype, shape));
    }

    /** Of an array {@code [N, C, H, W]}; the caller's own, to be destroyed. */
    cudnnTensorDescriptor describe(DType dtype, Shape shape) {
        if (shape.elements() > Integer.MAX_VALUE) {
            throw new UnsupportedOperationException("cuda: " + dtype + shape + " has more than " + Integer.MAX_VALUE
                    + " elements, which is the most that cuDNN takes; use a smaller batch");
        }
        int type = type(dtype);
        cudnnTensorDescriptor descriptor = new cudnnTensorDescriptor();
        status.cudnn(JCudnn.cudnnCreateTensorDescriptor(descriptor), "describing an array");
        int outcome = JCudnn.cudnnSetTensor4dDescriptor(
                descriptor,
                CUDNN_TENSOR_NCHW,
                type,
                Math.toIntExact(shape.size(0)),
                Math.toIntExact(shape.size(1)),
                Math.toIntExact(shape.size(2)),
                Math.toIntExact(shape.size(3)));
        status.cudnn(outcome, "describing an array " + shape);
        return descriptor;
    }

    static int type(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> cudnnDataType.CUDNN_DATA_FLOAT;
            case FLOAT16 -> cudnnDataType.CUDNN_DATA_HALF;
            case BFLOAT16 -> cudnnDataType.CUDNN_DATA_BFLOAT16;
            default ->
                throw new UnsupportedOperationException(
                        "cuda: cuDNN does not take " + dtype + "; cast to FLOAT32 first");
        };
    }

    @Override
    public void close() {
        JCudnn.cudnnDestroy(handle);
    }
}
