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
import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Initializers.Fan;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Tensor;

/** Residual networks (He et al. 2015, https://arxiv.org/abs/1512.03385). */
final class ResNet {
    /** How the first layer looks at the image. */
    enum Stem {
        /** 7×7 with stride 2, then a max-pool. */
        IMAGENET,
        /** 3×3 with stride 1 and no pool, for images of 32×32. */
        CIFAR
    }

    private ResNet() {}

    static Module resnet18(ModelOptions options, Stem stem) {
        return new Sequential()
                .add(
                        "conv1",
                        stem == Stem.IMAGENET
                                ? plainConv(options.channels(), 64, 7, 2)
                                : plainConv(options.channels(), 64, 3, 1))
                .add("bn1", batchNorm(64))
                .add("relu", relu())
                .add("maxpool", stem == Stem.IMAGENET ? maxPool(3).stride(2).padding(1) : identity())
                .add("layer1", stage(64, 64, 1))
                .add("layer2", stage(64, 128, 2))
                .add("layer3", stage(128, 256, 2))
                .add("layer4", stage(256, 512, 2))
                .add("avgpool", globalAvgPool())
                .add("flatten", flatten())
                .add("fc", linear(512, options.classes()));
    }

    private static Sequential stage(int from, int to, int stride) {
        return sequential(new BasicBlock(from, to, stride), new BasicBlock(to, to, 1));
    }

    /** Without bias, since a batch norm follows; padded to keep the size at stride 1. */
    private static Conv2d plainConv(int from, int to, int kernel, int stride) {
        return conv(from, to, kernel)
                .stride(stride)
                .padding(kernel / 2)
                .bias(false)
                .init(Initializers.heNormal(Fan.OUT, Initializers.RELU_GAIN));
    }

    /** Two 3×3 convolutions beside a shortcut; a 1×1 convolution where the shape changes. */
    private static final class BasicBlock extends Module {
        private final Conv2d conv1;
        private final BatchNorm2d bn1;
        private final Conv2d conv2;
        private final BatchNorm2d bn2;
        private final Sequential downsample; // null where the shape stays

        BasicBlock(int from, int to, int stride) {
            conv1 = child("conv1", plainConv(from, to, 3, stride));
            bn1 = child("bn1", batchNorm(to));
            conv2 = child("conv2", plainConv(to, to, 3, 1));
            bn2 = child("bn2", batchNorm(to));
            downsample = stride == 1 && from == to
                    ? null
                    : child("downsample", sequential(plainConv(from, to, 1, stride), batchNorm(to)));
        }

        @Override
        protected Tensor forward(Tensor input) {
            Tensor shortcut = downsample == null ? input : downsample.apply(input);
            Tensor inner = bn1.apply(conv1.apply(input), Activation.RELU);
            return bn2.apply(conv2.apply(inner), shortcut, Activation.RELU);
        }

        @Override
        public String toString() {
            return "BasicBlock(" + conv1.inChannels() + ", " + conv1.outChannels() + ")";
        }
    }
}
