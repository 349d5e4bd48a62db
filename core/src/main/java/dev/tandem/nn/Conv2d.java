package dev.tandem.nn;

import dev.tandem.backend.Activation;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.Window;
import dev.tandem.nn.functional.Convolution;
import dev.tandem.nn.functional.Functions;
import dev.tandem.tensor.Tensor;
import java.util.Locale;

/**
 * 2-D convolution over images.
 *
 * <p>Input {@code [N, inChannels, H, W]}, output {@code [N, outChannels, H', W']} with
 * {@code H' = floor((H + padTop + padBottom − dilation·(kernel − 1) − 1) / stride) + 1}. Stride 1, no padding, dilation 1,
 * one group and a bias unless set otherwise. Weight {@code [outChannels, inChannels / groups, kernelHeight, kernelWidth]}
 * and bias start as in PyTorch, even over ±1/√(inChannels / groups · kernel area).
 *
 * @throws dev.tandem.tensor.ShapeException if the input's channels differ, naming both shapes
 */
public final class Conv2d extends Module implements FusesActivation {
    private final int inChannels;
    private final int outChannels;
    private Window window;
    private boolean same;
    private PadMode paddingMode = PadMode.CONSTANT;
    private int groups = 1;
    private boolean hasBias = true;
    private Initializer weightInit = Initializers.fanInUniform();
    private Initializer biasInit; // null: PyTorch's, which depends on the groups
    private Parameter weight;
    private Parameter bias;

    public Conv2d(int inChannels, int outChannels, int kernelSize) {
        this(inChannels, outChannels, kernelSize, kernelSize);
    }

    public Conv2d(int inChannels, int outChannels, int kernelHeight, int kernelWidth) {
        if (inChannels < 1 || outChannels < 1) {
            throw new IllegalArgumentException(
                    "Conv2d: " + inChannels + " → " + outChannels + " channels; both must be at least 1");
        }
        this.inChannels = inChannels;
        this.outChannels = outChannels;
        this.window = new Window(kernelHeight, kernelWidth, 1, 1, 0, 0, 0, 0, 1, 1);
        register();
    }

    private void register() {
        int perGroup = inChannels / groups;
        weight = parameter(
                "weight",
                Parameter.Kind.WEIGHT,
                weightInit,
                outChannels,
                perGroup,
                window.kernelHeight(),
                window.kernelWidth());
        if (hasBias) {
            float bound = (float) (1 / Math.sqrt((double) perGroup * window.kernelHeight() * window.kernelWidth()));
            Initializer start = biasInit != null ? biasInit : Initializers.uniform(-bound, bound);
            bias = parameter("bias", Parameter.Kind.BIAS, start, outChannels);
        } else {
            removeParameter("bias");
            bias = null;
        }
    }

    public Conv2d stride(int stride) {
        return stride(stride, stride);
    }

    public Conv2d stride(int height, int width) {
        window = window.withStride(height, width);
        return this;
    }

    /** The same on all four sides. */
    public Conv2d padding(int padding) {
        return padding(padding, padding);
    }

    /** @param height above and below; {@code width} left and right */
    public Conv2d padding(int height, int width) {
        return padding(height, height, width, width);
    }

    public Conv2d padding(int top, int bottom, int left, int right) {
        window = window.withPadding(top, bottom, left, right);
        same = false;
        return this;
    }

    /**
     * Pads so that the output has {@code ceil(size / stride)} pixels, the odd pixel below and to the right: TensorFlow's "SAME",
     * and with stride 1 PyTorch's.
     */
    public Conv2d same() {
        same = true;
        return this;
    }

    /** What stands in the padding: zeros ({@link PadMode#CONSTANT}, the default), the nearest pixel, or the mirror image. */
    public Conv2d paddingMode(PadMode mode) {
        paddingMode = mode;
        return this;
    }

    public Conv2d dilation(int dilation) {
        window = window.withDilation(dilation, dilation);
        return this;
    }

    /** Divides the channels among independent convolutions; {@code groups = inChannels} is a depthwise convolution. */
    public Conv2d groups(int groups) {
        if (groups < 1 || inChannels % groups != 0 || outChannels % groups != 0) {
            throw new IllegalArgumentException("Conv2d: " + inChannels + " → " + outChannels
                    + " channels cannot be divided among " + groups + " groups; both must be divisible by it");
        }
        requireNotInitialized("groups() was set");
        this.groups = groups;
        register();
        return this;
    }

    /** Whether to add a bias; true by default. */
    public Conv2d bias(boolean wanted) {
        requireNotInitialized("bias() was set");
        hasBias = wanted;
        register();
        return this;
    }

    /** How weights start. */
    public Conv2d init(Initializer initializer) {
        requireNotInitialized("init() was set");
        weightInit = initializer;
        register();
        return this;
    }

    /** How the bias starts. */
    public Conv2d initBias(Initializer initializer) {
        requireNotInitialized("initBias() was set");
        biasInit = initializer;
        register();
        return this;
    }

    public int inChannels() {
        return inChannels;
    }

    public int outChannels() {
        return outChannels;
    }

    public int groups() {
        return groups;
    }

    /** Kernel, stride, padding and dilation; {@link #same} chooses the padding anew for each image size. */
    public Window window() {
        return window;
    }

    public PadMode paddingMode() {
        return paddingMode;
    }

    /** Whether {@link #same} was asked for. */
    public boolean isSame() {
        return same;
    }

    public Parameter weight() {
        return weight;
    }

    /** Null where there is none. */
    public Parameter bias() {
        return bias;
    }

    @Override
    protected Tensor forward(Tensor input) {
        return forward(input, null);
    }

    @Override
    public Tensor apply(Tensor input, Activation activation) {
        return run(input, x -> forward(x, activation));
    }

    private Tensor forward(Tensor input, Activation activation) {
        Window padded = same && input.rank() == 4 ? window.withSamePadding(input.size(2), input.size(3)) : window;
        Tensor offset = bias == null ? null : bias.value();
        if (paddingMode == PadMode.CONSTANT || !padded.hasPadding()) {
            return Convolution.convolution(input, weight.value(), offset, padded, groups, activation);
        }
        Tensor framed = Functions.pad2d(
                input, padded.padTop(), padded.padBottom(), padded.padLeft(), padded.padRight(), paddingMode, 0);
        return Convolution.convolution(
                framed, weight.value(), offset, padded.withPadding(0, 0, 0, 0), groups, activation);
    }

    @Override
    public String toString() {
        return "Conv2d(" + inChannels + ", " + outChannels + ", " + window.describe() + (same ? ", same padding" : "")
                + (paddingMode == PadMode.CONSTANT
                        ? ""
                        : ", " + paddingMode.name().toLowerCase(Locale.ROOT) + " padding")
                + (groups == 1 ? "" : ", " + groups + " groups") + (hasBias ? "" : ", no bias") + ")";
    }
}
