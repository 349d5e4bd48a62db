package dev.tandem.models;

import static dev.tandem.nn.Layers.adaptiveAvgPool;
import static dev.tandem.nn.Layers.batchNorm;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.maxPool;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.nn.Initializers;
import dev.tandem.nn.Initializers.Fan;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import java.util.List;
import java.util.Map;

/** VGG (Simonyan and Zisserman 2014, https://arxiv.org/abs/1409.1556): stacks of 3×3 convolutions. */
final class Vgg {
    private static final int POOL = 0;
    /** Table 1 of the paper: output channels, 0 for a max-pool; by number of layers with weights. */
    private static final Map<Integer, List<Integer>> PLANS =
            Map.of(11, List.of(64, POOL, 128, POOL, 256, 256, POOL, 512, 512, POOL, 512, 512, POOL));

    private Vgg() {}

    /** @param normalized whether each convolution is followed by batch norm, as torchvision's {@code _bn} models are */
    static Module vgg(ModelOptions options, int depth, boolean normalized) {
        options.requireImageSize("vgg" + depth, 32);
        return new Sequential()
                .add("features", features(options.channels(), PLANS.get(depth), normalized))
                .add("avgpool", adaptiveAvgPool(7))
                .add("flatten", flatten())
                .add(
                        "classifier",
                        sequential(
                                head(512 * 7 * 7, 4096),
                                relu(),
                                dropout(0.5f),
                                head(4096, 4096),
                                relu(),
                                dropout(0.5f),
                                head(4096, options.classes())));
    }

    private static Sequential features(int channels, List<Integer> plan, boolean normalized) {
        Sequential features = new Sequential();
        int from = channels;
        for (int to : plan) {
            if (to == POOL) {
                features.add(maxPool(2));
                continue;
            }
            features.add(conv(from, to, 3)
                    .padding(1)
                    .init(Initializers.heNormal(Fan.OUT, Initializers.RELU_GAIN))
                    .initBias(Initializers.zeros()));
            if (normalized) {
                features.add(batchNorm(to));
            }
            features.add(relu());
            from = to;
        }
        return features;
    }

    private static Linear head(int from, int to) {
        return linear(from, to).init(Initializers.normal(0, 0.01f)).initBias(Initializers.zeros());
    }
}
