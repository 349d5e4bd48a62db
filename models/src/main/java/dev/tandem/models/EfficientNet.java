package dev.tandem.models;

import static dev.tandem.nn.Layers.batchNorm;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.globalAvgPool;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.sequential;
import static dev.tandem.nn.Layers.sigmoid;
import static dev.tandem.nn.Layers.silu;
import static dev.tandem.nn.Layers.stochasticDepth;

import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import dev.tandem.nn.SqueezeExcitation;
import java.util.List;

/**
 * EfficientNet (Tan and Le 2019, https://arxiv.org/abs/1905.11946): one network found by search, scaled in width, depth and image
 * size together.
 *
 * <p>Settings: {@code dropout}, {@code stochastic_depth} (the probability that the last block is left out; earlier ones less).
 */
final class EfficientNet {
    private static final String PAPER = "Tan and Le, https://arxiv.org/abs/1905.11946";

    /** Expansion, kernel, stride of the first block, output channels, blocks: table 1 of the paper. */
    private static final int[][] PLAN = {
        {1, 3, 1, 16, 1},
        {6, 3, 2, 24, 2},
        {6, 5, 2, 40, 2},
        {6, 3, 2, 80, 3},
        {6, 5, 1, 112, 3},
        {6, 5, 2, 192, 4},
        {6, 3, 1, 320, 1}
    };

    private final double width;
    private final double depth;
    private final boolean slowNorms;

    /** @param slowNorms whether norms have TensorFlow's epsilon and momentum, as in torchvision's larger networks */
    private EfficientNet(double width, double depth, boolean slowNorms) {
        this.width = width;
        this.depth = depth;
        this.slowNorms = slowNorms;
    }

    static List<ModelEntry> entries() {
        return List.of(
                entry("efficientnet_b0", 1.0, 1.0, 224, 256, 0.2, false).published(77.692, 93.532),
                entry("efficientnet_b1", 1.0, 1.1, 240, 256, 0.2, false).published(78.642, 94.186),
                entry("efficientnet_b2", 1.1, 1.2, 288, 288, 0.3, false).published(80.608, 95.310),
                entry("efficientnet_b3", 1.2, 1.4, 300, 320, 0.3, false).published(82.008, 96.054),
                entry("efficientnet_b4", 1.4, 1.8, 380, 384, 0.4, false).published(83.384, 96.594),
                entry("efficientnet_b5", 1.6, 2.2, 456, 456, 0.4, true).published(83.444, 96.628),
                entry("efficientnet_b6", 1.8, 2.6, 528, 528, 0.5, true).published(84.008, 96.916),
                entry("efficientnet_b7", 2.0, 3.1, 600, 600, 0.5, true).published(84.122, 96.908));
    }

    /**
     * @param imageSize that of the paper, but for B2, whose published weights are measured at 288 and not at 260
     * @param resize what torchvision scales photos to
     */
    private static ModelEntry entry(
            String name, double width, double depth, int imageSize, int resize, double dropout, boolean slowNorms) {
        ModelOptions options = Families.IMAGENET
                .withImageSize(imageSize)
                .with("dropout", dropout)
                .with("stochastic_depth", 0.2);
        return ModelEntry.of(name, 2019, PAPER, options, new EfficientNet(width, depth, slowNorms)::network)
                .pixels(Pixels.IMAGENET.resize(resize).bicubic());
    }

    private Module network(ModelOptions options) {
        int blocks = 0;
        for (int[] row : PLAN) {
            blocks += deeper(row[4]);
        }
        float stochasticDepth = options.probability("stochastic_depth");
        int from = Blocks.channels(32 * width);
        Sequential features = sequential(
                Blocks.convNorm(conv(options.channels(), from, 3).stride(2).padding(1), norm(from), silu()));
        int block = 0;
        for (int[] row : PLAN) {
            int to = Blocks.channels(row[3] * width);
            Sequential stage = new Sequential();
            for (int i = 0; i < deeper(row[4]); i++) {
                float leftOut = stochasticDepth * block++ / blocks;
                stage.add(block(row[0], row[1], i == 0 ? row[2] : 1, from, to, leftOut));
                from = to;
            }
            features.add(stage);
        }
        features.add(Blocks.convNorm(conv(from, 4 * from, 1), norm(4 * from), silu()));
        float bound = (float) (1 / Math.sqrt(options.classes()));
        return new Sequential()
                .add("features", features)
                .add("avgpool", globalAvgPool())
                .add("flatten", flatten())
                .add(
                        "classifier",
                        sequential(
                                dropout(options.probability("dropout")),
                                linear(4 * from, options.classes())
                                        .init(Initializers.uniform(-bound, bound))
                                        .initBias(Initializers.zeros())));
    }

    private int deeper(int layers) {
        return (int) Math.ceil(layers * depth);
    }

    /** Widens with 1×1 kernels, filters each channel, weighs the channels, narrows again. */
    private Module block(int expansion, int kernel, int stride, int from, int to, float leftOut) {
        int inner = Blocks.channels(from * expansion);
        Sequential layers = new Sequential();
        if (inner != from) {
            layers.add(Blocks.convNorm(conv(from, inner, 1), norm(inner), silu()));
        }
        layers.add(Blocks.convNorm(
                        conv(inner, inner, kernel)
                                .stride(stride)
                                .padding(kernel / 2)
                                .groups(inner),
                        norm(inner),
                        silu()))
                .add(new SqueezeExcitation(inner, Math.max(1, from / 4), silu(), sigmoid(), Blocks.HE_OUT))
                .add(Blocks.convNorm(conv(inner, to, 1), norm(to), null));
        boolean shapeStays = stride == 1 && from == to;
        Sequential block = Blocks.residualWhere(shapeStays, "block", layers);
        return shapeStays ? block.add("stochastic_depth", stochasticDepth(leftOut)) : block;
    }

    private BatchNorm2d norm(int channels) {
        return slowNorms ? batchNorm(channels).epsilon(1e-3f).momentum(0.01f) : batchNorm(channels);
    }
}
