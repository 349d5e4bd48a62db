package dev.tandem.nn;

/**
 * Layers as functions, so that a network reads like the table in its paper: {@code conv(3, 96, 11).stride(4)}. Import them
 * statically.
 */
public final class Layers {
    private Layers() {}

    public static Conv2d conv(int inChannels, int outChannels, int kernelSize) {
        return new Conv2d(inChannels, outChannels, kernelSize);
    }

    public static Conv2d conv(int inChannels, int outChannels, int kernelHeight, int kernelWidth) {
        return new Conv2d(inChannels, outChannels, kernelHeight, kernelWidth);
    }

    public static Linear linear(int inFeatures, int outFeatures) {
        return new Linear(inFeatures, outFeatures);
    }

    public static BatchNorm2d batchNorm(int channels) {
        return new BatchNorm2d(channels);
    }

    public static LayerNorm layerNorm(long... shape) {
        return new LayerNorm(shape);
    }

    public static LocalResponseNorm localResponseNorm(int size, float alpha, float beta, float k) {
        return new LocalResponseNorm(size, alpha, beta, k);
    }

    public static Dropout dropout(float probability) {
        return new Dropout(probability);
    }

    public static MaxPool2d maxPool(int kernelSize) {
        return new MaxPool2d(kernelSize);
    }

    public static AvgPool2d avgPool(int kernelSize) {
        return new AvgPool2d(kernelSize);
    }

    public static MedianPool2d medianPool(int kernelSize) {
        return new MedianPool2d(kernelSize);
    }

    public static AdaptiveAvgPool2d adaptiveAvgPool(int size) {
        return new AdaptiveAvgPool2d(size);
    }

    public static GlobalAvgPool globalAvgPool() {
        return new GlobalAvgPool();
    }

    public static Flatten flatten() {
        return new Flatten();
    }

    public static Identity identity() {
        return new Identity();
    }

    public static Sequential sequential(Module... layers) {
        return new Sequential(layers);
    }

    public static ReLU relu() {
        return new ReLU();
    }

    public static ReLU6 relu6() {
        return new ReLU6();
    }

    public static LeakyReLU leakyRelu(float slope) {
        return new LeakyReLU(slope);
    }

    public static ELU elu() {
        return new ELU();
    }

    public static Sigmoid sigmoid() {
        return new Sigmoid();
    }

    public static Tanh tanh() {
        return new Tanh();
    }

    public static GELU gelu() {
        return new GELU();
    }

    public static SiLU silu() {
        return new SiLU();
    }

    public static HardSwish hardSwish() {
        return new HardSwish();
    }

    public static HardSigmoid hardSigmoid() {
        return new HardSigmoid();
    }

    public static Softmax softmax() {
        return new Softmax();
    }

    public static Maxout maxout(int pieces) {
        return new Maxout(pieces);
    }

    public static StochasticDepth stochasticDepth(float probability) {
        return new StochasticDepth(probability);
    }

    public static Permute permute(int... order) {
        return new Permute(order);
    }
}
