package dev.tandem.models;

import static dev.tandem.nn.Layers.avgPool;
import static dev.tandem.nn.Layers.batchNorm;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.globalAvgPool;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.maxPool;
import static dev.tandem.nn.Layers.relu;

import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Tensor;
import java.util.List;

/** DenseNet (Huang et al. 2016, https://arxiv.org/abs/1608.06993): each layer sees the outputs of all before it. */
final class DenseNet {
    private static final String PAPER = "Huang et al., https://arxiv.org/abs/1608.06993";
    /** Channels that each layer adds. */
    private static final int GROWTH = 32;

    private DenseNet() {}

    static List<ModelEntry> entries() {
        return List.of(
                ModelEntry.of("densenet121", 2016, PAPER, Families.IMAGENET, options -> network(options, 6, 12, 24, 16))
                        .least(29)
                        .published(74.434, 91.972));
    }

    /** @param depths layers of each block */
    private static Module network(ModelOptions options, int... depths) {
        int channels = 64;
        Sequential features = new Sequential()
                .add("conv0", bare(options.channels(), channels, 7).stride(2))
                .add("norm0", batchNorm(channels))
                .add("relu0", relu())
                .add("pool0", maxPool(3).stride(2).padding(1));
        for (int i = 0; i < depths.length; i++) {
            if (i > 0) {
                features.add("transition" + i, transition(channels));
                channels /= 2;
            }
            Sequential block = new Sequential();
            for (int layer = 1; layer <= depths[i]; layer++) {
                block.add("denselayer" + layer, new DenseLayer(channels));
                channels += GROWTH;
            }
            features.add("denseblock" + (i + 1), block);
        }
        features.add("norm5", batchNorm(channels)).add("relu5", relu());
        return new Sequential()
                .add("features", features)
                .add("avgpool", globalAvgPool())
                .add("flatten", flatten())
                .add("classifier", linear(channels, options.classes()).initBias(Initializers.zeros()));
    }

    /** Half the channels, and half the height and width. */
    private static Module transition(int channels) {
        return new Sequential()
                .add("norm", batchNorm(channels))
                .add("relu", relu())
                .add("conv", bare(channels, channels / 2, 1))
                .add("pool", avgPool(2));
    }

    private static Conv2d bare(int from, int to, int kernel) {
        return conv(from, to, kernel).padding(kernel / 2).bias(false).init(Initializers.heNormal());
    }

    /** Puts new channels behind those that come in. */
    private static final class DenseLayer extends Sequential {
        private final int channels;

        DenseLayer(int channels) {
            this.channels = channels;
            add("norm1", batchNorm(channels));
            add("relu1", relu());
            add("conv1", bare(channels, 4 * GROWTH, 1));
            add("norm2", batchNorm(4 * GROWTH));
            add("relu2", relu());
            add("conv2", bare(4 * GROWTH, GROWTH, 3));
            for (String layer : List.of("norm1", "conv1", "norm2", "conv2")) { // torchvision's own files are this old
                formerly(layer.substring(0, 4) + "." + layer.charAt(4), layer);
            }
        }

        @Override
        protected Tensor forward(Tensor input) {
            return Tensor.concat(1, input, super.forward(input));
        }

        @Override
        public String toString() {
            return "DenseLayer(" + channels + ", " + (channels + GROWTH) + ")";
        }
    }
}
