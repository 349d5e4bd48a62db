package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/**
 * The weights' gradient of {@link PlanarConvolution}: for each tap the sum over all pixels of the output's gradient times
 * what lies under the tap, two taps at a time. The bias is the weight of one tap more, over a plane of ones.
 */
final class PlanarWeightGradient {
    private static final int CHANNELS = PlanarKernels.CHANNELS;

    private final CpuRuntime runtime;
    private final PlanarKernels kernels;
    private final PlanarPlan plan;
    private final int taps;
    private final int pairs;
    private final long tapBytes; // of a tap's sums
    // A part of the scratch memory: source planes, a plane of ones, gradient planes, sums.
    private final long onesAt;
    private final long gradientsAt;
    private final long sumsAt;

    PlanarWeightGradient(CpuRuntime runtime, PlanarKernels kernels, PlanarPlan plan) {
        this.runtime = runtime;
        this.kernels = kernels;
        this.plan = plan;
        this.taps = plan.taps.length;
        this.pairs = taps / 2 + 1;
        this.tapBytes = (long) CHANNELS * kernels.lanes() * Float.BYTES;
        this.onesAt = plan.source.bytes();
        this.gradientsAt = onesAt + plan.source.planeBytes();
        this.sumsAt = gradientsAt + plan.gradient.bytes();
    }

    /** @param biasGradient may be null */
    void compute(CpuStorage x, CpuStorage gradient, CpuStorage weightGradient, CpuStorage biasGradient) {
        ImageScratch scratch = new ImageScratch(runtime, x.shape().size(0), sumsAt + 2 * pairs * tapBytes).cleared();
        for (int part = 0; part < scratch.parts; part++) {
            fillWithOnes(scratch.part(part) + onesAt);
        }
        scratch.forImages(part -> n -> {
            plan.sourceCopy.copy(ImageScratch.image(x, n), part);
            plan.gradientCopy.copy(ImageScratch.image(gradient, n), part + gradientsAt);
            for (int pair = 0; pair < pairs; pair++) {
                kernels.correlate(
                        part + gradientsAt,
                        plan.gradient.planeBytes(),
                        plan.gradientVectors,
                        part + place(2 * pair),
                        part + place(2 * pair + 1),
                        plan.correlatedVectors,
                        part + sumsAt + 2 * pair * tapBytes);
            }
        });
        int channels = (int) weightGradient.shape().size(0);
        for (int channel = 0; channel < channels; channel++) {
            for (int place = 0; place < taps; place++) {
                set(weightGradient, channel * taps + place, sum(scratch, plan.tap(place), channel));
            }
            if (biasGradient != null) {
                set(biasGradient, channel, sum(scratch, taps, channel));
            }
        }
        scratch.release();
    }

    private long place(int tap) {
        return tap < taps ? plan.taps[tap] : onesAt;
    }

    private void fillWithOnes(long plane) {
        for (long at = 0; at < plan.source.planeBytes(); at += Float.BYTES) {
            NativeMemory.ALL.set(JAVA_FLOAT, plane + at, 1);
        }
    }

    private double sum(ImageScratch scratch, int tap, int channel) {
        double sum = 0;
        for (int part = 0; part < scratch.parts; part++) {
            long lanes = scratch.part(part) + sumsAt + tap * tapBytes + channel * tapBytes / CHANNELS;
            for (int lane = 0; lane < kernels.lanes(); lane++) {
                sum += NativeMemory.ALL.get(JAVA_FLOAT, lanes + (long) lane * Float.BYTES);
            }
        }
        return sum;
    }

    private static void set(CpuStorage target, int element, double value) {
        NativeMemory.ALL.set(JAVA_FLOAT, target.address + (long) element * Float.BYTES, (float) value);
    }
}
