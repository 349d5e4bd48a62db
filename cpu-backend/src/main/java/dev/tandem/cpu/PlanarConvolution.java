package dev.tandem.cpu;

import dev.tandem.backend.RecentlyUsed;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/**
 * Convolution of stride 1 of images to few channels, as LeNet's first layer: a vector of channels would be half empty, so vectors
 * run along rows, and images stay in plain order. Threads share the images.
 */
final class PlanarConvolution {
    private static final int CHANNELS = PlanarKernels.CHANNELS;
    /** With fewer target channels the sums that are computed at once are half empty too. */
    private static final int LEAST_CHANNELS = 4;
    /** Source channels, as images have: what lies between layers has its channels last. */
    private static final int MOST_SOURCES = 3;
    /** With smaller windows too little is computed for what is copied. */
    private static final int LEAST_TAPS = 9;

    private final CpuRuntime runtime;
    private final PlanarKernels kernels = new VectorPlanarKernels();
    private final RecentlyUsed<Convolution.Key, PlanarPlan> plans;

    PlanarConvolution(CpuRuntime runtime) {
        this.runtime = runtime;
        this.plans = runtime.planCache("plans of convolutions by planes");
    }

    /**
     * Whether this was measured faster than oneDNN together with a 2×2 maximum behind it. What wants channels last there costs a pass
     * more: with AVX-512 still no slower than oneDNN, with AVX2 up to a quarter slower.
     */
    boolean pays(Convolution.Key key) {
        long targets = key.weight().size(0);
        return key.kind() != Convolution.Kind.BACKWARD_INPUT
                && targets >= LEAST_CHANNELS
                && targets <= CHANNELS
                && key.weight().size(1) <= MOST_SOURCES
                && key.groups() == 1
                && (key.activation() == null || key.activation().op() == UnaryOp.RELU)
                && suits(key.window())
                && PlanarPlan.suits(key.x(), output(key), key.window(), kernels.lanes());
    }

    private static boolean suits(Window window) {
        return window.equals(window.withStride(1, 1).withDilation(1, 1))
                && window.kernelHeight() * window.kernelWidth() >= LEAST_TAPS
                && Math.max(window.padTop(), window.padBottom()) < window.kernelHeight()
                && Math.max(window.padLeft(), window.padRight()) < window.kernelWidth();
    }

    private PlanarPlan plan(Convolution.Key key) {
        return plans.get(key, () -> new PlanarPlan(key.x(), output(key), key.window(), kernels));
    }

    private static Shape output(Convolution.Key key) {
        return Convolution.outputShape(key.x(), key.weight(), key.window());
    }

    /** As {@link Convolution#forward}. */
    Storage forward(Convolution.Key key, Storage images, Storage weight, Storage bias, Shape shape) {
        PlanarPlan plan = plan(key);
        float[] weights = new float[plan.taps.length * CHANNELS];
        float[] plain = runtime.floats(weight);
        for (int i = 0; i < plain.length; i++) {
            int channel = i / plan.taps.length;
            weights[plan.tap(i % plan.taps.length) * CHANNELS + channel] = plain[i];
        }
        float[] biases = bias == null ? new float[CHANNELS] : Arrays.copyOf(runtime.floats(bias), CHANNELS);
        CpuStorage x = runtime.plain(images);
        CpuStorage y = runtime.allocate(shape, DType.FLOAT32);
        ImageScratch scratch = new ImageScratch(runtime, x.shape().size(0), plan.source.bytes()).cleared();
        scratch.forImages(planes -> n -> {
            plan.sourceCopy.copy(ImageScratch.image(x, n), planes);
            kernels.convolve(plan, planes, weights, biases, key.activation() != null, ImageScratch.image(y, n));
        });
        scratch.release();
        x.release();
        return y;
    }

    /** As {@link Convolution#backwardWeight}. */
    void backwardWeight(Convolution.Key key, Storage x, Storage gradient, CpuStorage weights, CpuStorage bias) {
        CpuStorage source = runtime.plain(x);
        CpuStorage outputGradient = runtime.plain(gradient);
        new PlanarWeightGradient(runtime, kernels, plan(key)).compute(source, outputGradient, weights, bias);
        outputGradient.release();
        source.release();
    }
}
