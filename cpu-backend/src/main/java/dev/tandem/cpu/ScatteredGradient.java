package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.RecentlyUsed;
import dev.tandem.backend.Storage;
import java.lang.foreign.MemorySegment;

/**
 * The input's gradient of a convolution of few input channels, as LeNet's second: oneDNN's vectors of them would be half empty.
 * Here each pixel of the output's gradient is added to all pixels under its window. With channels last a row of the window is
 * one run of floats, so vectors are full. Threads share the images.
 */
final class ScatteredGradient {
    private final CpuRuntime runtime;
    private final ScatterKernels kernels = new VectorScatterKernels();
    private final RecentlyUsed<Convolution.Key, ScatterPlan> plans;

    ScatteredGradient(CpuRuntime runtime) {
        this.runtime = runtime;
        this.plans = runtime.planCache("plans of scattered gradients");
    }

    /** Whether this was measured at least as fast as oneDNN, with AVX2 and with AVX-512. */
    boolean pays(Convolution.Key key) {
        return key.kind() == Convolution.Kind.BACKWARD_INPUT
                && key.groups() == 1
                && ScatterPlan.suits(key, kernels.lanes());
    }

    /** As {@link Convolution#backwardInput}. */
    Storage compute(Convolution.Key key, Storage gradient, Storage weight) {
        ScatterPlan plan = plans.get(key, () -> new ScatterPlan(key, kernels.lanes()));
        float[][] weights = plan.strips(runtime.floats(weight));
        CpuStorage source = runtime.channelsLast(gradient);
        CpuStorage result = runtime.allocateImages(key.x());
        ImageScratch scratch = new ImageScratch(runtime, key.x().size(0), plan.frameBytes);
        scratch.forImages(frame -> {
            float[] values = new float[plan.gradientFloats];
            return n -> {
                long from = ImageScratch.image(source, n);
                MemorySegment.copy(NativeMemory.ALL, JAVA_FLOAT, from, values, 0, values.length);
                NativeMemory.segment(frame, plan.frameBytes).fill((byte) 0);
                scatter(plan, values, weights, frame);
                copyImage(plan, frame, ImageScratch.image(result, n));
            };
        });
        scratch.release();
        source.release();
        return result;
    }

    private void scatter(ScatterPlan plan, float[] gradient, float[][] weights, long frame) {
        for (int strip = 0; strip < plan.stripOffsets.length; strip++) {
            long target = frame + plan.stripOffsets[strip];
            for (int block = 0; block < plan.blocks; block++) {
                kernels.scatter(
                        gradient,
                        plan.from,
                        block * ScatterKernels.CHANNELS,
                        weights[strip * plan.blocks + block],
                        plan.stripRests[strip],
                        target,
                        plan.to);
            }
        }
    }

    /** What lies inside of the frame. */
    private static void copyImage(ScatterPlan plan, long frame, long image) {
        for (int run = 0; run < plan.runs; run++) {
            MemorySegment.copy(
                    NativeMemory.ALL,
                    frame + plan.imageOffset + run * plan.framePitchBytes,
                    NativeMemory.ALL,
                    image + run * plan.runBytes,
                    plan.runBytes);
        }
    }
}
