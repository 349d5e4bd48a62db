package dev.tandem.models;

import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.globalAvgPool;
import static dev.tandem.nn.Layers.maxPool;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.backend.Activation;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Tensor;
import java.util.List;

/** SqueezeNet (Iandola et al. 2016, https://arxiv.org/abs/1602.07360): AlexNet's accuracy with a fiftieth of its parameters. */
final class SqueezeNet {
    private static final String PAPER = "Iandola et al., https://arxiv.org/abs/1602.07360";

    private static final ModelOptions OPTIONS = Families.IMAGENET.with("dropout", 0.5);

    private SqueezeNet() {}

    static List<ModelEntry> entries() {
        return List.of(
                ModelEntry.of("squeezenet1_0", 2016, PAPER, OPTIONS, SqueezeNet::version10)
                        .least(21)
                        .published(58.092, 80.420),
                ModelEntry.of("squeezenet1_1", 2016, PAPER, OPTIONS, SqueezeNet::version11)
                        .least(17)
                        .published(58.178, 80.624));
    }

    private static Module version10(ModelOptions options) {
        return network(
                options,
                sequential(
                        start(conv(options.channels(), 96, 7).stride(2)), // 224 → 109
                        relu(),
                        pool(), // 54
                        new Fire(96, 16, 64),
                        new Fire(128, 16, 64),
                        new Fire(128, 32, 128),
                        pool(), // 27
                        new Fire(256, 32, 128),
                        new Fire(256, 48, 192),
                        new Fire(384, 48, 192),
                        new Fire(384, 64, 256),
                        pool(), // 13
                        new Fire(512, 64, 256)));
    }

    /** The authors' later form: a smaller first kernel and earlier pooling, 2.4 times less to compute. */
    private static Module version11(ModelOptions options) {
        return network(
                options,
                sequential(
                        start(conv(options.channels(), 64, 3).stride(2)), // 224 → 111
                        relu(),
                        pool(), // 55
                        new Fire(64, 16, 64),
                        new Fire(128, 16, 64),
                        pool(), // 27
                        new Fire(128, 32, 128),
                        new Fire(256, 32, 128),
                        pool(), // 13
                        new Fire(256, 48, 192),
                        new Fire(384, 48, 192),
                        new Fire(384, 64, 256),
                        new Fire(512, 64, 256)));
    }

    private static Module network(ModelOptions options, Sequential features) {
        return new Sequential()
                .add("features", features)
                .add(
                        "classifier",
                        sequential(
                                dropout(options.probability("dropout")),
                                start(conv(512, options.classes(), 1)).init(Initializers.normal(0, 0.01f)),
                                relu(),
                                globalAvgPool()))
                .add("flatten", flatten());
    }

    private static Module pool() {
        return maxPool(3).stride(2).ceilMode();
    }

    private static Conv2d start(Conv2d layer) {
        return layer.init(Initializers.heUniform()).initBias(Initializers.zeros());
    }

    /** Squeezes the channels with 1×1 kernels, then expands them with as many 1×1 as 3×3 kernels. */
    private static final class Fire extends Module {
        private final Conv2d squeeze;
        private final Conv2d expand1x1;
        private final Conv2d expand3x3;

        Fire(int from, int squeezed, int expanded) {
            squeeze = child("squeeze", start(conv(from, squeezed, 1)));
            expand1x1 = child("expand1x1", start(conv(squeezed, expanded, 1)));
            expand3x3 = child("expand3x3", start(conv(squeezed, expanded, 3).padding(1)));
        }

        @Override
        protected Tensor forward(Tensor input) {
            Tensor squeezed = squeeze.apply(input, Activation.RELU);
            return Tensor.concat(
                    1, expand1x1.apply(squeezed, Activation.RELU), expand3x3.apply(squeezed, Activation.RELU));
        }

        @Override
        public String toString() {
            return "Fire(" + squeeze.inChannels() + ", " + squeeze.outChannels() + ", " + 2 * expand1x1.outChannels()
                    + ")";
        }
    }
}
