package dev.tandem.models;

import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.gelu;
import static dev.tandem.nn.Layers.globalAvgPool;
import static dev.tandem.nn.Layers.layerNorm;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.permute;
import static dev.tandem.nn.Layers.sequential;
import static dev.tandem.nn.Layers.stochasticDepth;

import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.LayerNorm2d;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Tensor;
import java.util.List;

/**
 * ConvNeXt (Liu et al. 2022, https://arxiv.org/abs/2201.03545): a convolutional network with what made vision transformers strong.
 *
 * <p>Settings: {@code stochastic_depth} (the probability that the last block is left out; earlier ones less), {@code layer_scale}
 * (the factor of each block's output at the start).
 */
final class ConvNeXt {
    private static final String PAPER = "Liu et al., https://arxiv.org/abs/2201.03545";

    private ConvNeXt() {}

    static List<ModelEntry> entries() {
        ModelOptions options = Families.IMAGENET.with("stochastic_depth", 0.1).with("layer_scale", 1e-6);
        int[] depths = {3, 3, 9, 3};
        int[] channels = {96, 192, 384, 768};
        return List.of(ModelEntry.of("convnext_tiny", 2022, PAPER, options, each -> network(each, depths, channels))
                .least(32)
                .published(82.520, 96.146)
                .pixels(Pixels.IMAGENET.resize(236)));
    }

    private static Module network(ModelOptions options, int[] depths, int[] channels) {
        float stochasticDepth = options.probability("stochastic_depth");
        int blocks = 0;
        for (int depth : depths) {
            blocks += depth;
        }
        Sequential features = sequential(
                sequential(start(conv(options.channels(), channels[0], 4).stride(4)), new LayerNorm2d(channels[0])));
        int block = 0;
        for (int i = 0; i < depths.length; i++) {
            if (i > 0) {
                features.add(sequential(
                        new LayerNorm2d(channels[i - 1]),
                        start(conv(channels[i - 1], channels[i], 2).stride(2))));
            }
            Sequential stage = new Sequential();
            while (stage.size() < depths[i]) {
                float leftOut = stochasticDepth * block++ / (blocks - 1f);
                stage.add(new Block(channels[i], (float) options.number("layer_scale"), leftOut));
            }
            features.add(stage);
        }
        int last = channels[channels.length - 1];
        return new Sequential()
                .add("features", features)
                .add("avgpool", globalAvgPool())
                .add(
                        "classifier",
                        sequential(new LayerNorm2d(last), flatten(), start(linear(last, options.classes()))));
    }

    private static Conv2d start(Conv2d layer) {
        return layer.init(Initializers.normal(0, 0.02f)).initBias(Initializers.zeros());
    }

    private static Linear start(Linear layer) {
        return layer.init(Initializers.normal(0, 0.02f)).initBias(Initializers.zeros());
    }

    /** A 7×7 convolution of each channel, then two linear layers on each pixel, scaled and added to what came in. */
    private static final class Block extends Module {
        private final int channels;
        private final Parameter scale;
        private final Module layers;
        private final Module stochasticDepth;

        Block(int channels, float layerScale, float leftOut) {
            this.channels = channels;
            scale = parameter("layer_scale", Parameter.Kind.WEIGHT, Initializers.constant(layerScale), channels, 1, 1);
            layers = child(
                    "block",
                    sequential(
                            start(conv(channels, channels, 7).padding(3).groups(channels)),
                            permute(0, 2, 3, 1),
                            layerNorm(channels).epsilon(1e-6f),
                            start(linear(channels, 4 * channels)),
                            gelu(),
                            start(linear(4 * channels, channels)),
                            permute(0, 3, 1, 2)));
            stochasticDepth = child("stochastic_depth", stochasticDepth(leftOut));
        }

        @Override
        protected Tensor forward(Tensor input) {
            return stochasticDepth
                    .apply(layers.apply(input).multiply(scale.value()))
                    .add(input);
        }

        @Override
        public String toString() {
            return "Block(" + channels + ")";
        }
    }
}
