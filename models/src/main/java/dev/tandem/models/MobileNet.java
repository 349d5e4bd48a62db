package dev.tandem.models;

import static dev.tandem.nn.Layers.batchNorm;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.globalAvgPool;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.relu6;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * MobileNet v1 (Howard et al. 2017, https://arxiv.org/abs/1704.04861), depthwise and 1×1 convolutions in turn, and v2 (Sandler et
 * al. 2018, https://arxiv.org/abs/1801.04381), with shortcuts between the narrow layers. Version 3 is {@link MobileNetV3}.
 *
 * <p>Settings: {@code width} multiplies all channels, {@code dropout}.
 */
final class MobileNet {
    private static final String V1 = "Howard et al., https://arxiv.org/abs/1704.04861";
    private static final String V2 = "Sandler et al., https://arxiv.org/abs/1801.04381";

    private MobileNet() {}

    static List<ModelEntry> entries() {
        ModelOptions options = Families.IMAGENET.with("width", 1.0);
        ModelOptions v2 = options.with("dropout", 0.2);
        return List.of(
                ModelEntry.of("mobilenet_v1", 2017, V1, options.with("dropout", 0.001), MobileNet::version1)
                        .published(70.6),
                ModelEntry.of("mobilenet_v2", 2018, V2, v2, MobileNet::version2).published(71.878, 90.286),
                ModelEntry.of("mobilenet_v2_tf", 2018, V2 + ", with TensorFlow's padding", v2, MobileNet::version2Tf)
                        .published(71.8, 91.0)
                        .pixels(Pixels.AROUND_ZERO));
    }

    private static Module version1(ModelOptions options) {
        double width = options.number("width");
        // Output channels and stride of each depthwise-separable convolution: table 1 of the paper.
        int[][] plan = {
            {64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1}, {512, 1}, {512, 1},
            {1024, 2}, {1024, 1}
        };
        int from = Blocks.channels(32 * width);
        Sequential features = sequential(
                Blocks.convNorm(conv(options.channels(), from, 3).stride(2).padding(1), batchNorm(from), relu()));
        for (int[] row : plan) {
            int to = Blocks.channels(row[0] * width);
            Conv2d depthwise = conv(from, from, 3).stride(row[1]).padding(1).groups(from);
            features.add(sequential(
                    Blocks.convNorm(depthwise, batchNorm(from), relu()),
                    Blocks.convNorm(conv(from, to, 1), batchNorm(to), relu())));
            from = to;
        }
        return classified(options, features, from);
    }

    private static Module version2(ModelOptions options) {
        return version2(options, convolution -> convolution.padding(1));
    }

    /** For weights that TensorFlow trained: strided convolutions pad an odd pixel last. */
    private static Module version2Tf(ModelOptions options) {
        return version2(options, Conv2d::same);
    }

    private static Module version2(ModelOptions options, UnaryOperator<Conv2d> padded) {
        double width = options.number("width");
        // Expansion, output channels, blocks, stride of the first: table 2 of the paper.
        int[][] plan = {
            {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
        };
        int from = Blocks.channels(32 * width);
        Sequential features = sequential(
                Blocks.convNorm(padded.apply(conv(options.channels(), from, 3).stride(2)), batchNorm(from), relu6()));
        for (int[] row : plan) {
            int to = Blocks.channels(row[1] * width);
            for (int i = 0; i < row[2]; i++) {
                int stride = i == 0 ? row[3] : 1;
                int inner = row[0] * from;
                Sequential layers = new Sequential();
                if (inner != from) {
                    layers.add(Blocks.convNorm(conv(from, inner, 1), batchNorm(inner), relu6()));
                }
                Conv2d depthwise =
                        padded.apply(conv(inner, inner, 3).stride(stride).groups(inner));
                layers.add(Blocks.convNorm(depthwise, batchNorm(inner), relu6()))
                        .add(conv(inner, to, 1).bias(false).init(Blocks.HE_OUT))
                        .add(batchNorm(to));
                features.add(Blocks.residualWhere(stride == 1 && from == to, "conv", layers));
                from = to;
            }
        }
        int last = Blocks.channels(1280 * Math.max(1, width));
        features.add(Blocks.convNorm(conv(from, last, 1), batchNorm(last), relu6()));
        return classified(options, features, last);
    }

    private static Module classified(ModelOptions options, Sequential features, int channels) {
        Linear classifier = linear(channels, options.classes())
                .init(Initializers.normal(0, 0.01f))
                .initBias(Initializers.zeros());
        return new Sequential()
                .add("features", features)
                .add("avgpool", globalAvgPool())
                .add("flatten", flatten())
                .add("classifier", sequential(dropout(options.probability("dropout")), classifier));
    }
}
