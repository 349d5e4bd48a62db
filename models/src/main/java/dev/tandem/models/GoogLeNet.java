package dev.tandem.models;

import static dev.tandem.nn.Layers.adaptiveAvgPool;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.globalAvgPool;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.maxPool;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.nn.AuxiliaryHeads;
import dev.tandem.nn.Branches;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializer;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import java.util.List;

/**
 * GoogLeNet (Szegedy et al. 2014, https://arxiv.org/abs/1409.4842) as in torchvision: with batch norm, and 3×3 kernels in place of
 * the 5×5.
 *
 * <p>Settings: {@code aux} (whether it has the two auxiliary classifiers, which only training uses), {@code dropout}, {@code
 * dropout_aux}.
 */
final class GoogLeNet {
    private static final String PAPER = "Szegedy et al., https://arxiv.org/abs/1409.4842";
    /** Torchvision truncates it at ±2, which is 200 deviations away. */
    private static final Initializer START = Initializers.normal(0, 0.01f);

    private GoogLeNet() {}

    static List<ModelEntry> entries() {
        ModelOptions options =
                Families.IMAGENET.with("aux", true).with("dropout", 0.2).with("dropout_aux", 0.7);
        return List.of(ModelEntry.of("googlenet", 2014, PAPER, options, GoogLeNet::network)
                .least(15)
                .published(69.778, 89.530)
                .pixels(Pixels.TRANSFORMED));
    }

    private static Module network(ModelOptions options) {
        AuxiliaryHeads network = new AuxiliaryHeads(0.3f);
        network.add("conv1", unit(conv(options.channels(), 64, 7).stride(2).padding(3))) // 224 → 112
                .add("maxpool1", maxPool(3).stride(2).ceilMode()) // 56
                .add("conv2", unit(conv(64, 64, 1)))
                .add("conv3", unit(conv(64, 192, 3).padding(1)))
                .add("maxpool2", maxPool(3).stride(2).ceilMode()) // 28
                .add("inception3a", inception(192, 64, 96, 128, 16, 32, 32))
                .add("inception3b", inception(256, 128, 128, 192, 32, 96, 64))
                .add("maxpool3", maxPool(3).stride(2).ceilMode()) // 14
                .add("inception4a", inception(480, 192, 96, 208, 16, 48, 64));
        boolean aux = options.flag("aux");
        if (aux) {
            network.head("aux1", head(512, options));
        } else {
            network.withoutHead("aux1").withoutHead("aux2");
        }
        network.add("inception4b", inception(512, 160, 112, 224, 24, 64, 64))
                .add("inception4c", inception(512, 128, 128, 256, 24, 64, 64))
                .add("inception4d", inception(512, 112, 144, 288, 32, 64, 64));
        if (aux) {
            network.head("aux2", head(528, options));
        }
        return network.add("inception4e", inception(528, 256, 160, 320, 32, 128, 128))
                .add("maxpool4", maxPool(2).ceilMode()) // 7
                .add("inception5a", inception(832, 256, 160, 320, 32, 128, 128))
                .add("inception5b", inception(832, 384, 192, 384, 48, 128, 128))
                .add("avgpool", globalAvgPool())
                .add("flatten", flatten())
                .add("dropout", dropout(options.probability("dropout")))
                .add("fc", linear(1024, options.classes()).init(START));
    }

    /** Kernels of three sizes and a pool, side by side; the larger ones on fewer channels. */
    private static Module inception(int from, int to1, int inner3, int to3, int inner5, int to5, int toPool) {
        return new Branches()
                .branch("branch1", unit(conv(from, to1, 1)))
                .branch(
                        "branch2",
                        sequential(
                                unit(conv(from, inner3, 1)),
                                unit(conv(inner3, to3, 3).padding(1))))
                .branch(
                        "branch3",
                        sequential(
                                unit(conv(from, inner5, 1)),
                                unit(conv(inner5, to5, 3).padding(1))))
                .branch("branch4", sequential(maxPool(3).stride(1).padding(1).ceilMode(), unit(conv(from, toPool, 1))));
    }

    private static Module head(int from, ModelOptions options) {
        return new Sequential()
                .add("pool", adaptiveAvgPool(4))
                .add("conv", unit(conv(from, 128, 1)))
                .add("flatten", flatten())
                .add("fc1", linear(4 * 4 * 128, 1024).init(START))
                .add("relu", relu())
                .add("dropout", dropout(options.probability("dropout_aux")))
                .add("fc2", linear(1024, options.classes()).init(START));
    }

    private static Sequential unit(Conv2d convolution) {
        return Blocks.inceptionUnit(convolution, START);
    }
}
