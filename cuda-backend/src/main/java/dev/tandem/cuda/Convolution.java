package dev.tandem.cuda;

import dev.tandem.backend.Activation;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.RecentlyUsed;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.backend.pool.Block;
import dev.tandem.cuda.ConvolutionPlan.Direction;
import dev.tandem.cuda.ConvolutionPlan.Key;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import jcuda.jcudnn.JCudnn;

/**
 * Convolution by cuDNN, bias and activation in one pass behind it. cuDNN pads opposite sides alike, so other padding is written
 * out first.
 */
final class Convolution {
    private final CudaRuntime runtime;
    private final Elementwise elementwise;
    private final Reduction reduction;
    private final RecentlyUsed<Key, ConvolutionPlan> plans;

    Convolution(CudaRuntime runtime, Elementwise elementwise, Reduction reduction) {
        this.runtime = runtime;
        this.elementwise = elementwise;
        this.reduction = reduction;
        this.plans = runtime.cache("plans of convolutions", ConvolutionPlan::close);
    }

    CudaStorage forward(Storage x, Storage weight, Storage bias, Window window, int groups, Activation activation) {
        requireOneType(x, weight, bias);
        CudaStorage input = padded((CudaStorage) x, window);
        Key key = key(Direction.FORWARD, input.dtype(), input.shape(), weight.shape(), window, groups);
        CudaStorage y = runtime.allocate(key.output(), x.dtype());
        if (y.elements() > 0) {
            CudaStorage source = runtime.aligned(input);
            CudaStorage filter = runtime.aligned((CudaStorage) weight);
            ConvolutionPlan plan = plan(key);
            Block workspace = workspace(plan);
            int outcome = JCudnn.cudnnConvolutionForward(
                    runtime.cudnn().handle(),
                    Cudnn.ONE,
                    plan.x,
                    source.pointer(),
                    plan.weight,
                    filter.pointer(),
                    plan.convolution,
                    plan.algorithm,
                    address(workspace),
                    plan.workspaceBytes,
                    Cudnn.ZERO,
                    plan.y,
                    y.pointer());
            check(outcome, plan);
            release(workspace);
            source.release();
            filter.release();
            elementwise.epilogue(
                    y, bias, y.shape().size(2) * y.shape().size(3), y.shape().size(1), activation);
        }
        input.release();
        return y;
    }

    CudaStorage backwardInput(Storage gradient, Storage weight, Shape x, Window window, int groups) {
        requireOneType(gradient, weight);
        Shape outer = paddedShape(x, window);
        CudaStorage result = runtime.allocate(outer, gradient.dtype());
        if (gradient.shape().elements() == 0) {
            Fill.fill(runtime, result, 0);
        } else {
            Key key = key(Direction.BACKWARD_INPUT, gradient.dtype(), outer, weight.shape(), window, groups);
            CudaStorage source = runtime.aligned((CudaStorage) gradient);
            CudaStorage filter = runtime.aligned((CudaStorage) weight);
            ConvolutionPlan plan = plan(key);
            Block workspace = workspace(plan);
            int outcome = JCudnn.cudnnConvolutionBackwardData(
                    runtime.cudnn().handle(),
                    Cudnn.ONE,
                    plan.weight,
                    filter.pointer(),
                    plan.y,
                    source.pointer(),
                    plan.convolution,
                    plan.algorithm,
                    address(workspace),
                    plan.workspaceBytes,
                    Cudnn.ZERO,
                    plan.x,
                    result.pointer());
            check(outcome, plan);
            release(workspace);
            source.release();
            filter.release();
        }
        if (outer.equals(x)) {
            return result;
        }
        long[] start = {0, 0, window.padTop(), window.padLeft()};
        CudaStorage inside = Slice.slice(runtime, result, start, new long[] {1, 1, 1, 1}, x);
        result.release();
        return inside;
    }

    void backwardWeight(
            Storage x, Storage gradient, Window window, int groups, Storage weightGradient, Storage biasGradient) {
        requireOneType(x, gradient, weightGradient);
        if (biasGradient != null) {
            reduction.reduceInto(ReduceOp.SUM, gradient, (CudaStorage) biasGradient, 0, 2, 3);
        }
        CudaStorage target = (CudaStorage) weightGradient;
        if (gradient.shape().elements() == 0 || x.shape().elements() == 0) {
            Fill.fill(runtime, target, 0);
            return;
        }
        CudaStorage input = padded((CudaStorage) x, window);
        CudaStorage source = runtime.aligned(input);
        CudaStorage slope = runtime.aligned((CudaStorage) gradient);
        CudaStorage result =
                CudaRuntime.isAligned(target) ? (CudaStorage) target.retain() : runtime.allocateLike(target);
        Key key = key(Direction.BACKWARD_WEIGHT, input.dtype(), input.shape(), target.shape(), window, groups);
        ConvolutionPlan plan = plan(key);
        Block workspace = workspace(plan);
        int outcome = JCudnn.cudnnConvolutionBackwardFilter(
                runtime.cudnn().handle(),
                Cudnn.ONE,
                plan.x,
                source.pointer(),
                plan.y,
                slope.pointer(),
                plan.convolution,
                plan.algorithm,
                address(workspace),
                plan.workspaceBytes,
                Cudnn.ZERO,
                plan.weight,
                result.pointer());
        check(outcome, plan);
        release(workspace);
        StridedCopy.copyBytes(runtime, result.address, target.address, target.bytes());
        input.release();
        source.release();
        slope.release();
        result.release();
    }

    private static void requireOneType(Storage... storages) {
        for (Storage storage : storages) {
            if (storage != null
                    && (storage.dtype() != storages[0].dtype()
                            || !storage.dtype().isFloating())) {
                throw new UnsupportedOperationException("cuda: convolution of " + storages[0].dtype()
                        + storages[0].shape() + " and " + storage.dtype() + storage.shape()
                        + ": both must be of the same floating type; cast one");
            }
        }
    }

    private static boolean isSymmetric(Window window) {
        return window.padTop() == window.padBottom() && window.padLeft() == window.padRight();
    }

    private static Shape paddedShape(Shape x, Window window) {
        return isSymmetric(window)
                ? x
                : x.with(2, x.size(2) + window.padTop() + window.padBottom())
                        .with(3, x.size(3) + window.padLeft() + window.padRight());
    }

    /** The images with their border where cuDNN cannot add it; release it after use. */
    private CudaStorage padded(CudaStorage x, Window window) {
        if (isSymmetric(window)) {
            return (CudaStorage) x.retain();
        }
        long[] before = {0, 0, window.padTop(), window.padLeft()};
        long[] after = {0, 0, window.padBottom(), window.padRight()};
        return Pad.pad(runtime, x, before, after, PadMode.CONSTANT, 0);
    }

    /** @param x with the border where it is written out */
    private static Key key(Direction direction, DType dtype, Shape x, Shape weight, Window window, int groups) {
        Window remaining = isSymmetric(window) ? window : window.withPadding(0, 0, 0, 0);
        return new Key(direction, dtype, x, weight, remaining, groups);
    }

    private ConvolutionPlan plan(Key key) {
        return plans.get(key, () -> new ConvolutionPlan(runtime, key));
    }

    /** From the pool: the stream's order keeps it until cuDNN is done. */
    private Block workspace(ConvolutionPlan plan) {
        return plan.workspaceBytes == 0 ? null : runtime.allocator().allocate(plan.workspaceBytes, "cuDNN's workspace");
    }

    private static Address address(Block block) {
        return new Address(block == null ? 0 : block.address);
    }

    private void release(Block block) {
        if (block != null) {
            runtime.allocator().release(block);
        }
    }

    private void check(int outcome, ConvolutionPlan plan) {
        if (outcome != 0) {
            runtime.status().cudnn(outcome, plan.toString());
        }
    }
}
