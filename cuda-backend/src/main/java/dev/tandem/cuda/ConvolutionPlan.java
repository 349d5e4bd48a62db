package dev.tandem.cuda;

import static jcuda.jcudnn.cudnnConvolutionMode.CUDNN_CROSS_CORRELATION;
import static jcuda.jcudnn.cudnnDataType.CUDNN_DATA_FLOAT;
import static jcuda.jcudnn.cudnnDeterminism.CUDNN_DETERMINISTIC;
import static jcuda.jcudnn.cudnnMathType.CUDNN_FMA_MATH;
import static jcuda.jcudnn.cudnnMathType.CUDNN_TENSOR_OP_MATH;
import static jcuda.jcudnn.cudnnTensorFormat.CUDNN_TENSOR_NCHW;

import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Locale;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnTensorDescriptor;

/**
 * A convolution of certain shapes in cuDNN's terms, with the algorithm that cuDNN's heuristics put first of those that fit: made
 * at the first call with these shapes, used by later ones. Float32 is multiplied as such, not as TF32; halves may go to tensor
 * cores.
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
        name = "convolution of " + key.dtype.name().toLowerCase(Locale.ROOT) + " " + key.x + " with weight "
                + key.weight + " (" + key.window.describe() + ", " + key.groups + " groups, " + key.direction + ")";
        x = cudnn.describe(key.dtype, key.x);
        y = cudnn.describe(key.dtype, key.output());
        status.cudnn(JCudnn.cudnnCreateFilterDescriptor(weight), name);
        status.cudnn(JCudnn.cudnnCreateConvolutionDescriptor(convolution), name);
        Choice best;
        try {
            describe(key);
            best = choose(runtime, key);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
        algorithm = best.algorithm;
        workspaceBytes = best.bytes;
    }

    private void describe(Key key) {
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
        setMath(key.dtype == DType.FLOAT32 ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH);
    }

    private void setMath(int type) {
        status.cudnn(JCudnn.cudnnSetConvolutionMathType(convolution, type), name);
    }

    /** One of cuDNN's algorithms, with the instructions that it is meant to use. */
    private record Candidate(int algorithm, int outcome, boolean isDeterministic, int math) {}

    /** An algorithm and the scratch memory that it takes. */
    private record Choice(int algorithm, long bytes) {}

    private Choice choose(CudaRuntime runtime, Key key) {
        Candidate[] candidates =
                switch (key.direction) {
                    case FORWARD -> forward(runtime.cudnn());
                    case BACKWARD_INPUT -> backwardInput(runtime.cudnn());
                    case BACKWARD_WEIGHT -> backwardWeight(runtime.cudnn());
                };
        for (Candidate candidate : candidates) {
            if (candidate.outcome != 0 || (runtime.isDeterministic() && !candidate.isDeterministic)) {
                continue;
            }
            if (key.dtype != DType.FLOAT32) { // which is never left to TF32, whatever is proposed
                setMath(candidate.math);
            }
            // Asked for anew: what comes with a proposal is for the math type of the proposal.
            long bytes = workspaceBytes(runtime.cudnn(), key.direction, candidate.algorithm);
            if (bytes >= 0 && bytes <= runtime.workspaceLimitBytes()) {
                return new Choice(candidate.algorithm, bytes);
            }
        }
        throw new UnsupportedOperationException("cuda: " + name + ": cuDNN has no algorithm for this GPU"
                + (runtime.isDeterministic() ? " that repeats bit for bit and" : "") + " that needs at most "
                + (runtime.workspaceLimitBytes() >> 20) + " MiB of workspace; raise the memory limit, or take float32");
    }

    /** What an algorithm takes as the descriptors are now; negative if it cannot be used, or wants more than there is anywhere. */
    private long workspaceBytes(Cudnn cudnn, Direction direction, int algorithm) {
        long[] bytes = new long[1];
        int outcome =
                switch (direction) {
                    case FORWARD ->
                        JCudnn.cudnnGetConvolutionForwardWorkspaceSize(
                                cudnn.handle(), x, weight, convolution, y, algorithm, bytes);
                    case BACKWARD_INPUT ->
                        JCudnn.cudnnGetConvolutionBackwardDataWorkspaceSize(
                                cudnn.handle(), weight, y, convolution, x, algorithm, bytes);
                    case BACKWARD_WEIGHT ->
                        JCudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize(
                                cudnn.handle(), x, y, convolution, weight, algorithm, bytes);
                };
        return outcome == 0 ? bytes[0] : -1;
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
                        found[i].algo,
                        found[i].status,
                        found[i].determinism == CUDNN_DETERMINISTIC,
                        found[i].mathType));
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
                        found[i].algo,
                        found[i].status,
                        found[i].determinism == CUDNN_DETERMINISTIC,
                        found[i].mathType));
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
                        found[i].algo,
                        found[i].status,
                        found[i].determinism == CUDNN_DETERMINISTIC,
                        found[i].mathType));
        return candidates;
    }

    /** What it does, for messages. */
    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        JCudnn.cudnnDestroyTensorDescriptor(x);
        JCudnn.cudnnDestroyTensorDescriptor(y);
        JCudnn.cudnnDestroyFilterDescriptor(weight);
        JCudnn.cudnnDestroyConvolutionDescriptor(convolution);
    }
}
