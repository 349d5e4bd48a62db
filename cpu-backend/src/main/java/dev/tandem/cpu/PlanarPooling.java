package dev.tandem.cpu;

import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Maximum over windows of 2×2 that do not overlap, of images of few channels in plain order, as {@link PlanarConvolution} makes them:
 * vectors run along rows. The results have their channels last, as everything behind wants them. Threads share the images.
 */
final class PlanarPooling {
    private static final Window WINDOW = Window.square(2, 2, 0);

    private final CpuRuntime runtime;
    private final PlanarPoolKernels kernels = new VectorPlanarPoolKernels();
    private final Map<Shape, PlanarPoolPlan> plans = new HashMap<>();

    PlanarPooling(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    boolean suits(PoolKind kind, Shape x, Window window) {
        return (kind == PoolKind.MAX || kind == PoolKind.RECTIFIED_MAX)
                && window.equals(WINDOW)
                && PlanarPoolPlan.suits(x, kernels.lanes());
    }

    private PlanarPoolPlan plan(Shape x) {
        return plans.computeIfAbsent(x, shape -> new PlanarPoolPlan(shape, kernels.lanes()));
    }

    /** @param saved for the picked elements' numbers, in plain order; may be null */
    void forward(PoolKind kind, CpuStorage x, CpuStorage output, CpuStorage saved) {
        PlanarPoolPlan plan = plan(x.shape());
        long pickedAt = plan.resultBytes + ImageScratch.BEYOND;
        ImageScratch scratch = new ImageScratch(runtime, x.shape().size(0), pickedAt + plan.resultBytes);
        scratch.forImages(values -> n -> {
            long picked = values + pickedAt;
            kernels.max(plan, kind == PoolKind.RECTIFIED_MAX, ImageScratch.image(x, n), values, picked);
            shuffle(plan.join, values, planeBytes(plan), ImageScratch.image(output, n));
            if (saved != null) {
                copy(picked, ImageScratch.image(saved, n), plan.resultBytes);
            }
        });
        scratch.release();
    }

    void backward(CpuStorage gradient, CpuStorage saved, CpuStorage result) {
        PlanarPoolPlan plan = plan(result.shape());
        long pickedAt = plan.resultBytes + ImageScratch.BEYOND;
        ImageScratch scratch = new ImageScratch(runtime, result.shape().size(0), pickedAt + plan.resultBytes);
        scratch.forImages(values -> n -> {
            long picked = values + pickedAt;
            shuffle(plan.split, ImageScratch.image(gradient, n), (long) kernels.lanes() * Float.BYTES, values);
            copy(ImageScratch.image(saved, n), picked, plan.resultBytes);
            kernels.scatter(plan, values, picked, ImageScratch.image(result, n));
        });
        scratch.release();
    }

    private void shuffle(PlaneShuffle shuffle, long source, long step, long target) {
        for (int kind = 0; kind < shuffle.parts(); kind++) {
            kernels.shuffle(shuffle, kind, source, step, target);
        }
    }

    private static long planeBytes(PlanarPoolPlan plan) {
        return plan.resultBytes / plan.join.parts();
    }

    private static void copy(long from, long to, long bytes) {
        MemorySegment.copy(NativeMemory.ALL, from, NativeMemory.ALL, to, bytes);
    }
}
