package dev.tandem.models;

import static dev.tandem.nn.Layers.batchNorm;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.globalAvgPool;
import static dev.tandem.nn.Layers.hardSigmoid;
import static dev.tandem.nn.Layers.hardSwish;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import dev.tandem.nn.SqueezeExcitation;
import java.util.List;

/**
 * MobileNet v3 (Howard et al. 2019, https://arxiv.org/abs/1905.02244): found by search, with squeeze-and-excitation and
 * hard-swish.
 *
 * <p>Settings: {@code width} multiplies all channels, {@code dropout}.
 */
final class MobileNetV3 {
    private static final String PAPER = "Howard et al., https://arxiv.org/abs/1905.02244";

    /** Kernel, inner channels, output channels, whether squeezed and excited, whether hard-swish or ReLU, stride. */
    private record Row(int kernel, int inner, int out, boolean squeezed, boolean hardSwish, int stride) {}

    /** Table 1 of the paper. */
    private static final List<Row> LARGE = List.of(
            new Row(3, 16, 16, false, false, 1),
            new Row(3, 64, 24, false, false, 2),
            new Row(3, 72, 24, false, false, 1),
            new Row(5, 72, 40, true, false, 2),
            new Row(5, 120, 40, true, false, 1),
            new Row(5, 120, 40, true, false, 1),
            new Row(3, 240, 80, false, true, 2),
            new Row(3, 200, 80, false, true, 1),
            new Row(3, 184, 80, false, true, 1),
            new Row(3, 184, 80, false, true, 1),
            new Row(3, 480, 112, true, true, 1),
            new Row(3, 672, 112, true, true, 1),
            new Row(5, 672, 160, true, true, 2),
            new Row(5, 960, 160, true, true, 1),
            new Row(5, 960, 160, true, true, 1));

    /** Table 2 of the paper. */
    private static final List<Row> SMALL = List.of(
            new Row(3, 16, 16, true, false, 2),
            new Row(3, 72, 24, false, false, 2),
            new Row(3, 88, 24, false, false, 1),
            new Row(5, 96, 40, true, true, 2),
            new Row(5, 240, 40, true, true, 1),
            new Row(5, 240, 40, true, true, 1),
            new Row(5, 120, 48, true, true, 1),
            new Row(5, 144, 48, true, true, 1),
            new Row(5, 288, 96, true, true, 2),
            new Row(5, 576, 96, true, true, 1),
            new Row(5, 576, 96, true, true, 1));

    private MobileNetV3() {}

    static List<ModelEntry> entries() {
        ModelOptions options = Families.IMAGENET.with("width", 1.0).with("dropout", 0.2);
        return List.of(
                ModelEntry.of("mobilenet_v3_small", 2019, PAPER, options, each -> network(each, SMALL, 1024))
                        .published(67.668, 87.402),
                ModelEntry.of("mobilenet_v3_large", 2019, PAPER, options, each -> network(each, LARGE, 1280))
                        .published(74.042, 91.340));
    }

    private static Module network(ModelOptions options, List<Row> plan, int hidden) {
        double width = options.number("width");
        int from = Blocks.channels(16 * width);
        Sequential features = sequential(
                Blocks.convNorm(conv(options.channels(), from, 3).stride(2).padding(1), norm(from), hardSwish()));
        for (Row row : plan) {
            int to = Blocks.channels(row.out * width);
            boolean shapeStays = row.stride == 1 && from == to;
            Sequential layers = layers(row, from, Blocks.channels(row.inner * width), to);
            features.add(Blocks.residualWhere(shapeStays, "block", layers));
            from = to;
        }
        features.add(Blocks.convNorm(conv(from, 6 * from, 1), norm(6 * from), hardSwish()));
        int last = Blocks.channels(hidden * width);
        return new Sequential()
                .add("features", features)
                .add("avgpool", globalAvgPool())
                .add("flatten", flatten())
                .add(
                        "classifier",
                        sequential(
                                start(linear(6 * from, last)),
                                hardSwish(),
                                dropout(options.probability("dropout")),
                                start(linear(last, options.classes()))));
    }

    private static Sequential layers(Row row, int from, int inner, int to) {
        Sequential layers = new Sequential();
        if (inner != from) {
            layers.add(Blocks.convNorm(conv(from, inner, 1), norm(inner), activation(row)));
        }
        layers.add(Blocks.convNorm(
                conv(inner, inner, row.kernel)
                        .stride(row.stride)
                        .padding(row.kernel / 2)
                        .groups(inner),
                norm(inner),
                activation(row)));
        if (row.squeezed) {
            int squeezed = Blocks.channels(inner / 4);
            layers.add(new SqueezeExcitation(inner, squeezed, relu(), hardSigmoid(), Blocks.HE_OUT));
        }
        return layers.add(Blocks.convNorm(conv(inner, to, 1), norm(to), null));
    }

    private static Module activation(Row row) {
        return row.hardSwish ? hardSwish() : relu();
    }

    private static BatchNorm2d norm(int channels) {
        return batchNorm(channels).epsilon(1e-3f).momentum(0.01f);
    }

    private static Linear start(Linear layer) {
        return layer.init(Initializers.normal(0, 0.01f)).initBias(Initializers.zeros());
    }
}
