package dev.tandem.models;

import static dev.tandem.nn.Layers.batchNorm;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.globalAvgPool;
import static dev.tandem.nn.Layers.identity;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.maxPool;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.backend.Activation;
import dev.tandem.backend.PadMode;
import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializer;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Residual networks (He et al. 2015, https://arxiv.org/abs/1512.03385), with the wide (Zagoruyko and Komodakis 2016) and the
 * grouped form (Xie et al. 2016), and the plain networks without shortcuts that the paper compares with.
 */
final class ResNet {
    private static final String PAPER = "He et al., https://arxiv.org/abs/1512.03385";
    private static final String WIDE = "Zagoruyko and Komodakis, https://arxiv.org/abs/1605.07146";
    private static final String GROUPED = "Xie et al., https://arxiv.org/abs/1611.05431";
    private static final String SMALL = PAPER + ", with a 3×3 stem for small images";
    private static final String PLAIN_PAPER = PAPER + ", without shortcuts";

    /** The first layers. */
    private enum Stem {
        /** 7×7 with stride 2, then a pool: for images of 224×224. */
        IMAGENET,
        /** 3×3 with stride 1 and no pool: for images of 32×32. */
        CIFAR
    }

    private ResNet() {}

    static List<ModelEntry> entries() {
        List<ModelEntry> entries = new ArrayList<>(List.of(
                imageNet("resnet18", 2015, PAPER, BASIC, 2, 2, 2, 2).published(69.758, 89.078),
                imageNet("resnet34", 2015, PAPER, BASIC, 3, 4, 6, 3).published(73.314, 91.420),
                imageNet("resnet50", 2015, PAPER, BOTTLENECK, 3, 4, 6, 3).published(76.130, 92.862),
                imageNet("resnet101", 2015, PAPER, BOTTLENECK, 3, 4, 23, 3).published(77.374, 93.546),
                imageNet("resnet152", 2015, PAPER, BOTTLENECK, 3, 8, 36, 3).published(78.312, 94.046),
                imageNet("plain18", 2015, PLAIN_PAPER, PLAIN, 2, 2, 2, 2).published(72.06),
                imageNet("plain34", 2015, PLAIN_PAPER, PLAIN, 3, 4, 6, 3).published(71.46),
                imageNet("wide_resnet50_2", 2016, WIDE, bottleneck(1, 128), 3, 4, 6, 3)
                        .published(78.468, 94.086),
                imageNet("resnext50_32x4d", 2016, GROUPED, bottleneck(32, 4), 3, 4, 6, 3)
                        .published(77.618, 93.698),
                small("resnet18_cifar", BASIC, 2, 2, 2, 2),
                small("resnet34_cifar", BASIC, 3, 4, 6, 3),
                small("resnet50_cifar", BOTTLENECK, 3, 4, 6, 3)));
        double[][] ofPaper = {{20, 91.25}, {32, 92.49}, {44, 92.83}, {56, 93.03}, {110, 93.57}}; // layers, top-1
        for (double[] network : ofPaper) {
            int layers = (int) network[0];
            entries.add(ModelEntry.of("resnet" + layers, 2015, PAPER, Families.CIFAR, options -> thin(options, layers))
                    .published(network[1]));
        }
        return entries;
    }

    private static ModelEntry imageNet(String name, int year, String paper, Design design, int... depths) {
        return ModelEntry.of(
                name, year, paper, Families.IMAGENET, options -> resNet(options, Stem.IMAGENET, design, depths));
    }

    private static ModelEntry small(String name, Design design, int... depths) {
        return ModelEntry.of(name, 2015, SMALL, Families.CIFAR, options -> resNet(options, Stem.CIFAR, design, depths))
                .pixels(Pixels.CIFAR10);
    }

    /** @param depths blocks of each stage */
    private static Module resNet(ModelOptions options, Stem stem, Design design, int... depths) {
        boolean large = stem == Stem.IMAGENET;
        Sequential network = new Sequential()
                .add("conv1", large ? bare(options.channels(), 64, 7).stride(2) : bare(options.channels(), 64, 3))
                .add("bn1", batchNorm(64))
                .add("relu", relu())
                .add("maxpool", large ? maxPool(3).stride(2).padding(1) : identity());
        int from = 64;
        for (int i = 0; i < depths.length; i++) {
            int planes = 64 << i;
            network.add("layer" + (i + 1), stage(design, from, planes, i == 0 ? 1 : 2, depths[i]));
            from = planes * design.expansion;
        }
        network.formerly("linear", "fc"); // in https://github.com/kuangliu/pytorch-cifar
        return network.add("avgpool", globalAvgPool())
                .add("flatten", flatten())
                .add("fc", linear(from, options.classes()));
    }

    /** The paper's for CIFAR-10 (section 4.2), three stages of 16, 32 and 64 channels: 6n + 2 layers. */
    private static Module thin(ModelOptions options, int layers) {
        int depth = (layers - 2) / 6;
        Initializer start = Initializers.heNormal();
        return new Sequential()
                .add("conv1", bare(options.channels(), 16, 3).init(start))
                .add("bn1", batchNorm(16))
                .add("relu", relu())
                .add("layer1", stage(THIN, 16, 16, 1, depth))
                .add("layer2", stage(THIN, 16, 32, 2, depth))
                .add("layer3", stage(THIN, 32, 64, 2, depth))
                .add("avgpool", globalAvgPool())
                .add("flatten", flatten())
                .add("linear", linear(64, options.classes()).init(start));
    }

    private static Sequential stage(Design design, int from, int planes, int stride, int depth) {
        Sequential stage = new Sequential(design.maker.block(from, planes, stride));
        while (stage.size() < depth) {
            stage.add(design.maker.block(planes * design.expansion, planes, 1));
        }
        return stage;
    }

    // Blocks
    // ---------------------------------------------------------------------------------------------------------------

    private interface BlockMaker {
        Module block(int from, int planes, int stride);
    }

    /** A kind of block that gives {@code expansion · planes} channels. */
    private record Design(int expansion, BlockMaker maker) {}

    private static final Design BASIC = new Design(
            1,
            (from, planes, stride) -> new Block(
                    projection(from, planes, stride), bare(from, planes, 3).stride(stride), bare(planes, planes, 3)));

    private static final Design PLAIN = new Design(
            1,
            (from, planes, stride) -> new Block(null, bare(from, planes, 3).stride(stride), bare(planes, planes, 3)));

    private static final Design THIN = new Design(
            1,
            (from, planes, stride) -> new Block(
                    new PaddedShortcut(from, planes, stride),
                    bare(from, planes, 3).stride(stride).init(Initializers.heNormal()),
                    bare(planes, planes, 3).init(Initializers.heNormal())));

    private static final Design BOTTLENECK = bottleneck(1, 64);

    /** @param width of each group in the first stage, in channels */
    private static Design bottleneck(int groups, int width) {
        return new Design(4, (from, planes, stride) -> {
            int inner = planes / 64 * width * groups;
            return new Block(
                    projection(from, 4 * planes, stride),
                    bare(from, inner, 1),
                    bare(inner, inner, 3).stride(stride).groups(groups),
                    bare(inner, 4 * planes, 1));
        });
    }

    /** The input itself, through a 1×1 convolution where the shape changes (the paper's option B). */
    private static Module projection(int from, int to, int stride) {
        return stride == 1 && from == to
                ? identity()
                : sequential(bare(from, to, 1).stride(stride), batchNorm(to));
    }

    /** Without bias, since a batch norm follows; padded to keep the size at stride 1. */
    private static Conv2d bare(int from, int to, int kernel) {
        return conv(from, to, kernel).padding(kernel / 2).bias(false).init(Blocks.HE_OUT);
    }

    /** Convolutions, each with batch norm and ReLU; the shortcut is added before the last ReLU. */
    private static final class Block extends Module {
        private final List<Conv2d> convolutions;
        private final List<BatchNorm2d> norms = new ArrayList<>();
        private final Module shortcut; // null in plain networks

        Block(Module shortcut, Conv2d... convolutions) {
            this.convolutions = List.of(convolutions);
            for (int i = 0; i < convolutions.length; i++) {
                child("conv" + (i + 1), convolutions[i]);
                norms.add(child("bn" + (i + 1), batchNorm(convolutions[i].outChannels())));
            }
            this.shortcut = shortcut instanceof Sequential ? child("downsample", shortcut) : shortcut;
            formerly("shortcut", "downsample");
        }

        @Override
        protected Tensor forward(Tensor input) {
            int last = norms.size() - 1;
            Tensor x = input;
            for (int i = 0; i < last; i++) {
                x = norms.get(i).apply(convolutions.get(i).apply(x), Activation.RELU);
            }
            Tensor residual = shortcut == null ? null : shortcut.apply(input);
            return norms.get(last).apply(convolutions.get(last).apply(x), residual, Activation.RELU);
        }

        @Override
        public String toString() {
            Conv2d last = convolutions.get(norms.size() - 1);
            return "Block(" + convolutions.get(0).inChannels() + ", " + last.outChannels()
                    + (shortcut == null ? ", plain" : "") + ")";
        }
    }

    /** The input itself, every second pixel where the stride is 2, with zeros in the new channels (the paper's option A). */
    private static final class PaddedShortcut extends Module {
        private final int added; // channels on either side
        private final int stride;

        PaddedShortcut(int from, int to, int stride) {
            this.added = (to - from) / 2;
            this.stride = stride;
        }

        @Override
        protected Tensor forward(Tensor input) {
            if (added == 0) {
                return input;
            }
            long[] border = {0, added, 0, 0};
            return input.slice(2, 0, input.size(2), stride)
                    .slice(3, 0, input.size(3), stride)
                    .pad(border, border, PadMode.CONSTANT, 0);
        }
    }
}
