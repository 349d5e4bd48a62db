package dev.tandem.models;

import static dev.tandem.nn.Layers.adaptiveAvgPool;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.localResponseNorm;
import static dev.tandem.nn.Layers.maxPool;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializer;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import java.util.List;

/** AlexNet (Krizhevsky et al. 2012, https://papers.nips.cc/paper/4824), and torchvision's one-tower form of it. */
final class AlexNet {
    private static final Initializer NARROW = Initializers.normal(0, 0.01f);

    private AlexNet() {}

    static List<ModelEntry> entries() {
        String paper = "Krizhevsky et al., https://papers.nips.cc/paper/4824";
        String oneTower = "Krizhevsky, One weird trick, https://arxiv.org/abs/1404.5997";
        ModelOptions options = Families.IMAGENET.with("dropout", 0.5);
        return List.of(
                ModelEntry.of("alexnet_2012", 2012, paper, options.withImageSize(227), AlexNet::alexnet2012)
                        .least(67)
                        .published(59.3, 81.8)
                        .pixels(Pixels.IMAGENET),
                ModelEntry.of("alexnet", 2014, oneTower, options, AlexNet::alexnet)
                        .least(63)
                        .published(56.522, 79.066));
    }

    /** Torchvision's: "One weird trick" (Krizhevsky 2014), without normalisation, 61,100,840 parameters. */
    private static Module alexnet(ModelOptions options) {
        float dropout = options.probability("dropout");
        return new Sequential()
                .add(
                        "features",
                        sequential(
                                conv(options.channels(), 64, 11).stride(4).padding(2), // 224 → 55
                                relu(),
                                maxPool(3).stride(2), // 27
                                conv(64, 192, 5).padding(2),
                                relu(),
                                maxPool(3).stride(2), // 13
                                conv(192, 384, 3).padding(1),
                                relu(),
                                conv(384, 256, 3).padding(1),
                                relu(),
                                conv(256, 256, 3).padding(1),
                                relu(),
                                maxPool(3).stride(2))) // 6
                .add("avgpool", adaptiveAvgPool(6))
                .add("flatten", flatten())
                .add(
                        "classifier",
                        sequential(
                                dropout(dropout),
                                linear(256 * 6 * 6, 4096),
                                relu(),
                                dropout(dropout),
                                linear(4096, 4096),
                                relu(),
                                linear(4096, options.classes())));
    }

    /**
     * As published: 227×227 images, local response norm, overlapping pooling, convolutions 2, 4 and 5 in two groups, which were
     * the two GPUs; 60,965,224 parameters. Weights start normal with deviation 0.01; biases of convolutions 2, 4, 5 and of the
     * hidden layers with 1, the others with 0.
     */
    private static Module alexnet2012(ModelOptions options) {
        float dropout = options.probability("dropout");
        return new Sequential()
                .add(
                        "features",
                        sequential(
                                start(conv(options.channels(), 96, 11).stride(4), 0), // 227 → 55
                                relu(),
                                localResponseNorm(5, 5e-4f, 0.75f, 2), // the paper's alpha 1e-4 is not divided by n = 5
                                maxPool(3).stride(2), // overlapping: 27
                                start(conv(96, 256, 5).padding(2).groups(2), 1),
                                relu(),
                                localResponseNorm(5, 5e-4f, 0.75f, 2),
                                maxPool(3).stride(2), // 13
                                start(conv(256, 384, 3).padding(1), 0),
                                relu(),
                                start(conv(384, 384, 3).padding(1).groups(2), 1),
                                relu(),
                                start(conv(384, 256, 3).padding(1).groups(2), 1),
                                relu(),
                                maxPool(3).stride(2))) // 6
                .add("avgpool", adaptiveAvgPool(6))
                .add("flatten", flatten())
                .add(
                        "classifier",
                        sequential(
                                dropout(dropout),
                                start(linear(256 * 6 * 6, 4096), 1),
                                relu(),
                                dropout(dropout),
                                start(linear(4096, 4096), 1),
                                relu(),
                                start(linear(4096, options.classes()), 0)));
    }

    private static Conv2d start(Conv2d layer, float bias) {
        return layer.init(NARROW).initBias(Initializers.constant(bias));
    }

    private static Linear start(Linear layer, float bias) {
        return layer.init(NARROW).initBias(Initializers.constant(bias));
    }
}
