package dev.tandem.models;

import static dev.tandem.nn.Layers.avgPool;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.globalAvgPool;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.maxPool;

import dev.tandem.nn.AuxiliaryHeads;
import dev.tandem.nn.Branches;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializer;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import java.util.List;

/**
 * Inception v3 (Szegedy et al. 2015, https://arxiv.org/abs/1512.00567): large kernels taken apart into small ones, 7×7 into 1×7
 * and 7×1.
 *
 * <p>Settings: {@code aux} (whether it has the auxiliary classifier, which only training uses and which needs images of at least
 * 299×299), {@code dropout}.
 */
final class InceptionV3 {
    private static final String PAPER = "Szegedy et al., https://arxiv.org/abs/1512.00567";
    /** Torchvision truncates it at ±2, which is 20 deviations away. */
    private static final Initializer START = Initializers.normal(0, 0.1f);

    private InceptionV3() {}

    static List<ModelEntry> entries() {
        ModelOptions options =
                Families.IMAGENET.withImageSize(299).with("aux", true).with("dropout", 0.5);
        return List.of(ModelEntry.of("inception_v3", 2015, PAPER, options, InceptionV3::network)
                .least(75)
                .published(77.294, 93.450)
                .pixels(Pixels.TRANSFORMED.resize(342)));
    }

    private static Module network(ModelOptions options) {
        AuxiliaryHeads network = new AuxiliaryHeads(0.4f);
        network.add("Conv2d_1a_3x3", unit(conv(options.channels(), 32, 3).stride(2))) // 299 → 149
                .add("Conv2d_2a_3x3", unit(conv(32, 32, 3)))
                .add("Conv2d_2b_3x3", unit(conv(32, 64, 3).padding(1))) // 147
                .add("maxpool1", maxPool(3).stride(2)) // 73
                .add("Conv2d_3b_1x1", unit(conv(64, 80, 1)))
                .add("Conv2d_4a_3x3", unit(conv(80, 192, 3))) // 71
                .add("maxpool2", maxPool(3).stride(2)) // 35
                .add("Mixed_5b", mixed5(192, 32))
                .add("Mixed_5c", mixed5(256, 64))
                .add("Mixed_5d", mixed5(288, 64))
                .add("Mixed_6a", mixed6a(288)) // 17
                .add("Mixed_6b", mixed6(128))
                .add("Mixed_6c", mixed6(160))
                .add("Mixed_6d", mixed6(160))
                .add("Mixed_6e", mixed6(192));
        if (options.flag("aux")) {
            network.head("AuxLogits", head(options));
        } else {
            network.withoutHead("AuxLogits");
        }
        return network.add("Mixed_7a", mixed7a(768)) // 8
                .add("Mixed_7b", mixed7(1280))
                .add("Mixed_7c", mixed7(2048))
                .add("avgpool", globalAvgPool())
                .add("dropout", dropout(options.probability("dropout")))
                .add("flatten", flatten())
                .add("fc", linear(2048, options.classes()).init(START));
    }

    private static Module mixed5(int from, int toPool) {
        return new Branches()
                .branch("branch1x1", unit(conv(from, 64, 1)))
                .branch("branch5x5_1", unit(conv(from, 48, 1)))
                .then("branch5x5_2", unit(conv(48, 64, 5).padding(2)))
                .branch("branch3x3dbl_1", unit(conv(from, 64, 1)))
                .then("branch3x3dbl_2", unit(conv(64, 96, 3).padding(1)))
                .then("branch3x3dbl_3", unit(conv(96, 96, 3).padding(1)))
                .branch("pool", avgPool(3).stride(1).padding(1))
                .then("branch_pool", unit(conv(from, toPool, 1)));
    }

    /** Half the height and width. */
    private static Module mixed6a(int from) {
        return new Branches()
                .branch("branch3x3", unit(conv(from, 384, 3).stride(2)))
                .branch("branch3x3dbl_1", unit(conv(from, 64, 1)))
                .then("branch3x3dbl_2", unit(conv(64, 96, 3).padding(1)))
                .then("branch3x3dbl_3", unit(conv(96, 96, 3).stride(2)))
                .branch("pool", maxPool(3).stride(2));
    }

    private static Module mixed6(int inner) {
        return new Branches()
                .branch("branch1x1", unit(conv(768, 192, 1)))
                .branch("branch7x7_1", unit(conv(768, inner, 1)))
                .then("branch7x7_2", row(inner, inner, 7))
                .then("branch7x7_3", column(inner, 192, 7))
                .branch("branch7x7dbl_1", unit(conv(768, inner, 1)))
                .then("branch7x7dbl_2", column(inner, inner, 7))
                .then("branch7x7dbl_3", row(inner, inner, 7))
                .then("branch7x7dbl_4", column(inner, inner, 7))
                .then("branch7x7dbl_5", row(inner, 192, 7))
                .branch("pool", avgPool(3).stride(1).padding(1))
                .then("branch_pool", unit(conv(768, 192, 1)));
    }

    /** Half the height and width. */
    private static Module mixed7a(int from) {
        return new Branches()
                .branch("branch3x3_1", unit(conv(from, 192, 1)))
                .then("branch3x3_2", unit(conv(192, 320, 3).stride(2)))
                .branch("branch7x7x3_1", unit(conv(from, 192, 1)))
                .then("branch7x7x3_2", row(192, 192, 7))
                .then("branch7x7x3_3", column(192, 192, 7))
                .then("branch7x7x3_4", unit(conv(192, 192, 3).stride(2)))
                .branch("pool", maxPool(3).stride(2));
    }

    private static Module mixed7(int from) {
        return new Branches()
                .branch("branch1x1", unit(conv(from, 320, 1)))
                .branch("branch3x3_1", unit(conv(from, 384, 1)))
                .thenFork(rowAndColumn("branch3x3_2"))
                .branch("branch3x3dbl_1", unit(conv(from, 448, 1)))
                .then("branch3x3dbl_2", unit(conv(448, 384, 3).padding(1)))
                .thenFork(rowAndColumn("branch3x3dbl_3"))
                .branch("pool", avgPool(3).stride(1).padding(1))
                .then("branch_pool", unit(conv(from, 192, 1)));
    }

    private static Branches rowAndColumn(String name) {
        return new Branches().branch(name + "a", row(384, 384, 3)).branch(name + "b", column(384, 384, 3));
    }

    private static Module head(ModelOptions options) {
        return new Sequential()
                .add("pool", avgPool(5).stride(3)) // 17 → 5
                .add("conv0", unit(conv(768, 128, 1)))
                .add("conv1", unit(conv(128, 768, 5))) // 1
                .add("avgpool", globalAvgPool())
                .add("flatten", flatten())
                .add("fc", linear(768, options.classes()).init(Initializers.normal(0, 1e-3f)));
    }

    /** A kernel of one row. */
    private static Sequential row(int from, int to, int length) {
        return unit(conv(from, to, 1, length).padding(0, length / 2));
    }

    /** A kernel of one column. */
    private static Sequential column(int from, int to, int length) {
        return unit(conv(from, to, length, 1).padding(length / 2, 0));
    }

    private static Sequential unit(Conv2d convolution) {
        return Blocks.inceptionUnit(convolution, START);
    }
}
