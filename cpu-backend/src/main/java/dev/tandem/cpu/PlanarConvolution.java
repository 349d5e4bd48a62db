package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Convolution of stride 1 to few channels, as LeNet's first layer and the input gradient of its second: a vector of channels
 * would be half empty, so each image is split into planes, in the cache, and vectors run along their rows. Threads share the
 * images. Lanes beyond a row's end see zeros of the padding, never other pixels.
 */
final class PlanarConvolution {
    private static final int CHANNELS = PlanarKernels.CHANNELS;
    /** With fewer target channels the sums that are computed at once are half empty too. */
    private static final int LEAST_CHANNELS = 4;
    /** Source channels: with more, oneDNN's vectors of them are filled, or the planes leave the first-level cache. */
    private static final int MOST_CORRELATED = 3;

    private static final int MOST_CONVOLVED = 16;
    /** Vectors of fewer lanes (AVX2) reload too much: there only single-channel images go faster than by oneDNN. */
    private static final int LANES_OF_MANY = 16;
    /** With smaller windows, splitting images outweighs what is saved. */
    private static final int LEAST_TAPS = 9;

    private final CpuRuntime runtime;
    private final PlanarKernels kernels = new VectorPlanarKernels();
    private final Map<Convolution.Key, PlanarPlan> plans = new HashMap<>();

    PlanarConvolution(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    /** Whether this was measured at least as fast as oneDNN, with AVX2 and with AVX-512. */
    boolean pays(Convolution.Key key) {
        boolean turned = key.kind() == Convolution.Kind.BACKWARD_INPUT;
        long sources = key.weight().size(turned ? 0 : 1);
        long targets = key.weight().size(turned ? 1 : 0);
        return targets >= LEAST_CHANNELS
                && targets <= CHANNELS
                && sources <= most(key.kind())
                && key.groups() == 1
                && (key.activation() == null || key.activation().op() == UnaryOp.RELU)
                && suits(key.window())
                && PlanarPlan.suits(source(key), target(key), window(key), kernels);
    }

    private int most(Convolution.Kind kind) {
        if (kind == Convolution.Kind.BACKWARD_WEIGHT) {
            return MOST_CORRELATED;
        }
        return kernels.lanes() >= LANES_OF_MANY ? MOST_CONVOLVED : 1;
    }

    private static boolean suits(Window window) {
        return window.equals(window.withStride(1, 1).withDilation(1, 1))
                && window.kernelHeight() * window.kernelWidth() >= LEAST_TAPS
                && Math.max(window.padTop(), window.padBottom()) < window.kernelHeight()
                && Math.max(window.padLeft(), window.padRight()) < window.kernelWidth();
    }

    private PlanarPlan plan(Convolution.Key key) {
        return plans.computeIfAbsent(key, k -> new PlanarPlan(source(k), target(k), window(k), kernels));
    }

    /** What is convolved; for the input's gradient that is the output's. */
    private static Shape source(Convolution.Key key) {
        return key.kind() == Convolution.Kind.BACKWARD_INPUT ? output(key) : key.x();
    }

    private static Shape target(Convolution.Key key) {
        return key.kind() == Convolution.Kind.BACKWARD_INPUT ? key.x() : output(key);
    }

    private static Shape output(Convolution.Key key) {
        return Convolution.outputShape(key.x(), key.weight(), key.window());
    }

    private static Window window(Convolution.Key key) {
        return key.kind() == Convolution.Kind.BACKWARD_INPUT ? turned(key.window()) : key.window();
    }

    /** The window of the convolution that makes the input's gradient of the output's. */
    private static Window turned(Window window) {
        int rows = window.kernelHeight() - 1;
        int columns = window.kernelWidth() - 1;
        return window.withPadding(
                rows - window.padTop(),
                rows - window.padBottom(),
                columns - window.padLeft(),
                columns - window.padRight());
    }

    /** As {@link Convolution#forward}. */
    Storage forward(Convolution.Key key, Storage x, Storage weight, Storage bias, Shape y) {
        PlanarPlan plan = plan(key);
        float[] weights = new float[plan.taps.length * CHANNELS];
        float[] plain = toArray(weight);
        for (int i = 0; i < plain.length; i++) {
            int channel = i / plan.taps.length;
            weights[plan.tap(i % plan.taps.length) * CHANNELS + channel] = plain[i];
        }
        float[] biases = bias == null ? new float[CHANNELS] : Arrays.copyOf(toArray(bias), CHANNELS);
        return convolve(plan, x, weights, biases, key.activation() != null, y);
    }

    /** As {@link Convolution#backwardInput}. */
    Storage backwardInput(Convolution.Key key, Storage gradient, Storage weight) {
        PlanarPlan plan = plan(key);
        float[] weights = new float[plan.taps.length * CHANNELS];
        float[] plain = toArray(weight); // [output, input, window], the window turned around
        int window = plan.taps.length / plan.source.channels();
        int inputs = plain.length / plan.taps.length;
        for (int i = 0; i < plain.length; i++) {
            int output = i / window / inputs;
            int input = i / window % inputs;
            weights[plan.tap(output * window + window - 1 - i % window) * CHANNELS + input] = plain[i];
        }
        return convolve(plan, gradient, weights, new float[CHANNELS], false, key.x());
    }

    private float[] toArray(Storage weights) {
        CpuStorage plain = runtime.plain(weights);
        float[] values = plain.segment().toArray(JAVA_FLOAT);
        plain.release();
        return values;
    }

    private Storage convolve(
            PlanarPlan plan, Storage images, float[] weights, float[] bias, boolean relu, Shape shape) {
        CpuStorage x = runtime.channelsLast(images);
        CpuStorage y = runtime.allocateImages(shape);
        PlanarScratch scratch =
                new PlanarScratch(runtime, x.shape().size(0), plan.source.bytes() + plan.target.bytes());
        scratch.forImages((n, planes) -> {
            plan.sourceCopy.split(PlanarScratch.image(x, n), planes);
            long results = planes + plan.source.bytes();
            kernels.convolve(plan, planes, weights, bias, relu, results);
            plan.targetCopy.join(results, PlanarScratch.image(y, n));
        });
        scratch.release();
        x.release();
        return y;
    }

    /** As {@link Convolution#backwardWeight}. */
    void backwardWeight(Convolution.Key key, Storage x, Storage gradient, CpuStorage weights, CpuStorage bias) {
        CpuStorage source = runtime.channelsLast(x);
        CpuStorage outputGradient = runtime.channelsLast(gradient);
        new PlanarWeightGradient(runtime, kernels, plan(key)).compute(source, outputGradient, weights, bias);
        outputGradient.release();
        source.release();
    }
}
