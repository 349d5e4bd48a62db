package dev.tandem.cpu;

import dev.tandem.backend.PoolKind;
import dev.tandem.backend.RecentlyUsed;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;

/**
 * Maximum over windows of 2×2 that do not overlap, of images of few channels in plain order, as {@link PlanarConvolution} makes them:
 * vectors run along rows. The results have their channels last, as everything behind wants them. Threads share the images.
 */
final class PlanarPooling {
    private static final Window WINDOW = Window.square(2, 2, 0);

    private final CpuRuntime runtime;
    private final PlanarPoolKernels kernels = new VectorPlanarPoolKernels();
    private final RecentlyUsed<Shape, PlanarPoolPlan> plans;

    PlanarPooling(CpuRuntime runtime) {
        this.runtime = runtime;
        this.plans = runtime.planCache("plans of pooling by planes");
    }

    boolean suits(PoolKind kind, Shape x, Window window) {
        return (kind == PoolKind.MAX || kind == PoolKind.RECTIFIED_MAX)
                && window.equals(WINDOW)
                && PlanarPoolPlan.suits(x, kernels.lanes());
    }

    private PlanarPoolPlan plan(Shape x) {
        return plans.get(x, () -> new PlanarPoolPlan(x, kernels.lanes()));
    }

    /** @param saved for the picked elements' numbers, in plain order; may be null */
    void forward(PoolKind kind, CpuStorage x, CpuStorage output, CpuStorage saved) {
        PlanarPoolPlan plan = plan(x.shape());
        ImageScratch scratch = scratch(plan, x);
        scratch.forImages(values -> n -> {
            long picked = values + plan.pickedAt;
            kernels.max(plan, kind == PoolKind.RECTIFIED_MAX, ImageScratch.image(x, n), values, picked);
            plan.reorder.join(values, ImageScratch.image(output, n));
            if (saved != null) {
                copy(picked, ImageScratch.image(saved, n), plan.resultBytes);
            }
        });
        scratch.release();
    }

    void backward(CpuStorage gradient, CpuStorage saved, CpuStorage result) {
        PlanarPoolPlan plan = plan(result.shape());
        ImageScratch scratch = scratch(plan, result);
        scratch.forImages(values -> n -> {
            long picked = values + plan.pickedAt;
            plan.reorder.split(ImageScratch.image(gradient, n), values);
            copy(ImageScratch.image(saved, n), picked, plan.resultBytes);
            kernels.scatter(plan, values, picked, ImageScratch.image(result, n));
        });
        scratch.release();
    }

    private ImageScratch scratch(PlanarPoolPlan plan, CpuStorage images) {
        return new ImageScratch(runtime, images.shape().size(0), plan.pickedAt + plan.resultBytes);
    }

    private static void copy(long from, long to, long bytes) {
        MemorySegment.copy(NativeMemory.ALL, from, NativeMemory.ALL, to, bytes);
    }
}
