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
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import java.util.List;
import java.util.Map;

/** VGG (Simonyan and Zisserman 2014, https://arxiv.org/abs/1409.1556): stacks of 3×3 convolutions. */
final class Vgg {
    private static final String PAPER = "Simonyan and Zisserman, https://arxiv.org/abs/1409.1556";
    private static final int POOL = 0;
    /** Table 1 of the paper: output channels, 0 for a max-pool; by number of layers with weights. */
    private static final Map<Integer, List<Integer>> PLANS = Map.of(
            11, List.of(64, POOL, 128, POOL, 256, 256, POOL, 512, 512, POOL, 512, 512, POOL),
            13, List.of(64, 64, POOL, 128, 128, POOL, 256, 256, POOL, 512, 512, POOL, 512, 512, POOL),
            16, List.of(64, 64, POOL, 128, 128, POOL, 256, 256, 256, POOL, 512, 512, 512, POOL, 512, 512, 512, POOL),
            19,
                    List.of(
                            64, 64, POOL, 128, 128, POOL, 256, 256, 256, 256, POOL, 512, 512, 512, 512, POOL, 512, 512,
                            512, 512, POOL));

    private Vgg() {}

    static List<ModelEntry> entries() {
        return List.of(
                entry(11, false).published(69.020, 88.628),
                entry(11, true).published(70.370, 89.810),
                entry(13, false).published(69.928, 89.246),
                entry(13, true).published(71.586, 90.374),
                entry(16, false).published(71.592, 90.382),
                entry(16, true).published(73.360, 91.516),
                entry(19, false).published(72.376, 90.876),
                entry(19, true).published(74.218, 91.842));
    }

    private static ModelEntry entry(int depth, boolean normalized) {
        return ModelEntry.of(
                        "vgg" + depth + (normalized ? "_bn" : ""),
                        2014,
                        PAPER,
                        Families.IMAGENET.with("dropout", 0.5),
                        options -> vgg(options, depth, normalized))
                .least(32);
    }

    /** @param normalized whether each convolution is followed by batch norm, as torchvision's {@code _bn} models are */
    private static Module vgg(ModelOptions options, int depth, boolean normalized) {
        float dropout = options.probability("dropout");
        return new Sequential()
                .add("features", features(options.channels(), PLANS.get(depth), normalized))
                .add("avgpool", adaptiveAvgPool(7))
                .add("flatten", flatten())
                .add(
                        "classifier",
                        sequential(
                                head(512 * 7 * 7, 4096),
                                relu(),
                                dropout(dropout),
                                head(4096, 4096),
                                relu(),
                                dropout(dropout),
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
            features.add(conv(from, to, 3).padding(1).init(Blocks.HE_OUT).initBias(Initializers.zeros()));
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
