package dev.tandem.cuda;

import static jcuda.jcudnn.cudnnConvolutionMode.CUDNN_CROSS_CORRELATION;
import static jcuda.jcudnn.cudnnDataType.CUDNN_DATA_FLOAT;
import static jcuda.jcudnn.cudnnDeterminism.CUDNN_DETERMINISTIC;
import static jcuda.jcudnn.cudnnMathType.CUDNN_FMA_MATH;
import static jcuda.jcudnn.cudnnTensorFormat.CUDNN_TENSOR_NCHW;

import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnTensorDescriptor;

/**
 * A convolution of certain shapes in cuDNN's terms, with the algorithm that cuDNN's heuristics put first of those that fit: made
 * at the first call with these shapes, used by all later ones. Float32 is multiplied as such, not as TF32.
 */
final class ConvolutionPlan implements AutoCloseable {
    /** Which of the three products. */
    enum Direction {
        FORWARD,
        BACKWARD_INPUT,
        BACKWARD_WEIGHT
    }

    /** All that the choice of an algorithm depends on. The window has equal padding on opposite sides. */
    record Key(Direction direction, DType dtype, Shape x, Shape weight, Window window, int groups) {
        Shape output() {
            return Shape.of(x.size(0), weight.size(0), window.outputHeight(x.size(2)), window.outputWidth(x.size(3)));
        }
    }

    final cudnnTensorDescriptor x;
    final cudnnTensorDescriptor y;
    final cudnnFilterDescriptor weight = new cudnnFilterDescriptor();
    final cudnnConvolutionDescriptor convolution = new cudnnConvolutionDescriptor();
    final int algorithm;
    final long workspaceBytes;
    private final Status status;
    private final String name;

    ConvolutionPlan(CudaRuntime runtime, Key key) {
        Cudnn cudnn = runtime.cudnn();
        status = runtime.status();
        name = "convolution of " + key.x + " with weight " + key.weight + " (" + key.window.describe() + ", "
                + key.groups + " groups, " + key.direction + ")";
        x = cudnn.descriptor(key.dtype, key.x);
        y = cudnn.descriptor(key.dtype, key.output());
        describe(key);
        Candidate best = choose(runtime, key);
        algorithm = best.algorithm;
        workspaceBytes = best.bytes;
    }

    private void describe(Key key) {
        status.cudnn(JCudnn.cudnnCreateFilterDescriptor(weight), name);
        status.cudnn(
                JCudnn.cudnnSetFilter4dDescriptor(
                        weight,
                        Cudnn.type(key.dtype),
                        CUDNN_TENSOR_NCHW,
                        Math.toIntExact(key.weight.size(0)),
                        Math.toIntExact(key.weight.size(1)),
                        Math.toIntExact(key.weight.size(2)),
                        Math.toIntExact(key.weight.size(3))),
                name);
        Window window = key.window;
        status.cudnn(JCudnn.cudnnCreateConvolutionDescriptor(convolution), name);
        status.cudnn(
                JCudnn.cudnnSetConvolution2dDescriptor(
                        convolution,
                        window.padTop(),
                        window.padLeft(),
                        window.strideHeight(),
                        window.strideWidth(),
                        window.dilationHeight(),
                        window.dilationWidth(),
                        CUDNN_CROSS_CORRELATION,
                        CUDNN_DATA_FLOAT),
                name);
        status.cudnn(JCudnn.cudnnSetConvolutionGroupCount(convolution, key.groups), name);
        if (key.dtype == DType.FLOAT32) {
            status.cudnn(JCudnn.cudnnSetConvolutionMathType(convolution, CUDNN_FMA_MATH), name);
        }
    }

    /** One of cuDNN's algorithms. */
    private record Candidate(int algorithm, int outcome, long bytes, boolean isDeterministic) {}

    private Candidate choose(CudaRuntime runtime, Key key) {
        Candidate[] candidates =
                switch (key.direction) {
                    case FORWARD -> forward(runtime.cudnn());
                    case BACKWARD_INPUT -> backwardInput(runtime.cudnn());
                    case BACKWARD_WEIGHT -> backwardWeight(runtime.cudnn());
                };
        for (Candidate candidate : candidates) {
            boolean repeats = candidate.isDeterministic || !runtime.isDeterministic();
            if (candidate.outcome == 0 && repeats && candidate.bytes <= runtime.workspaceLimitBytes()) {
                return candidate;
            }
        }
        throw new UnsupportedOperationException("cuda: " + name + ": cuDNN has no algorithm"
                + (runtime.isDeterministic() ? " that repeats bit for bit and" : "") + " that needs at most "
                + (runtime.workspaceLimitBytes() >> 20) + " MiB of workspace; raise the memory limit");
    }

    private Candidate[] forward(Cudnn cudnn) {
        int[] count = new int[1];
        status.cudnn(JCudnn.cudnnGetConvolutionForwardAlgorithmMaxCount(cudnn.handle(), count), name);
        cudnnConvolutionFwdAlgoPerf[] found = new cudnnConvolutionFwdAlgoPerf[count[0]];
        java.util.Arrays.setAll(found, i -> new cudnnConvolutionFwdAlgoPerf());
        status.cudnn(
                JCudnn.cudnnGetConvolutionForwardAlgorithm_v7(
                        cudnn.handle(), x, weight, convolution, y, found.length, count, found),
                name);
        Candidate[] candidates = new Candidate[count[0]];
        java.util.Arrays.setAll(
                candidates,
                i -> new Candidate(
                        found[i].algo, found[i].status, found[i].memory, found[i].determinism == CUDNN_DETERMINISTIC));
        return candidates;
    }

    private Candidate[] backwardInput(Cudnn cudnn) {
        int[] count = new int[1];
        status.cudnn(JCudnn.cudnnGetConvolutionBackwardDataAlgorithmMaxCount(cudnn.handle(), count), name);
        cudnnConvolutionBwdDataAlgoPerf[] found = new cudnnConvolutionBwdDataAlgoPerf[count[0]];
        java.util.Arrays.setAll(found, i -> new cudnnConvolutionBwdDataAlgoPerf());
        status.cudnn(
                JCudnn.cudnnGetConvolutionBackwardDataAlgorithm_v7(
                        cudnn.handle(), weight, y, convolution, x, found.length, count, found),
                name);
        Candidate[] candidates = new Candidate[count[0]];
        java.util.Arrays.setAll(
                candidates,
                i -> new Candidate(
                        found[i].algo, found[i].status, found[i].memory, found[i].determinism == CUDNN_DETERMINISTIC));
        return candidates;
    }

    private Candidate[] backwardWeight(Cudnn cudnn) {
        int[] count = new int[1];
        status.cudnn(JCudnn.cudnnGetConvolutionBackwardFilterAlgorithmMaxCount(cudnn.handle(), count), name);
        cudnnConvolutionBwdFilterAlgoPerf[] found = new cudnnConvolutionBwdFilterAlgoPerf[count[0]];
        java.util.Arrays.setAll(found, i -> new cudnnConvolutionBwdFilterAlgoPerf());
        status.cudnn(
                JCudnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7(
                        cudnn.handle(), x, y, convolution, weight, found.length, count, found),
                name);
        Candidate[] candidates = new Candidate[count[0]];
        java.util.Arrays.setAll(
                candidates,
                i -> new Candidate(
                        found[i].algo, found[i].status, found[i].memory, found[i].determinism == CUDNN_DETERMINISTIC));
        return candidates;
    }

    /** What it does, for messages. */
    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        JCudnn.cudnnDestroyFilterDescriptor(weight);
        JCudnn.cudnnDestroyConvolutionDescriptor(convolution);
    }
}
