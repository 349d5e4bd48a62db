package dev.tandem.benchmarks.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.pooling.Pool;
import dev.tandem.benchmarks.TrainingCase;
import java.util.List;

/**
 * The training cases' networks in DJL's blocks. DJL has no adaptive pooling; at 224×224 AlexNet's and VGG's is the
 * identity, so they do without.
 */
final class DjlNetworks {
    private DjlNetworks() {}

    static Block of(TrainingCase trainingCase) {
        return switch (trainingCase.name()) {
            case "lenet5" -> lenet5(trainingCase.classes());
            case "alexnet" -> alexnet(trainingCase.classes());
            case "resnet18_cifar" -> resnet18Cifar(trainingCase.classes());
            case "vgg11" -> vgg11(trainingCase.classes());
            case "mobilenet_v2" -> mobileNetV2(trainingCase.classes());
            case "resnet50" -> resnet50(trainingCase.classes());
            default -> throw new IllegalArgumentException("DJL has no network " + trainingCase.name());
        };
    }

    private static Block lenet5(int classes) {
        return new SequentialBlock()
                .add(conv(6, 5, 1, 2, true))
                .add(relu())
                .add(maxPool(2, 2))
                .add(conv(16, 5, 1, 0, true))
                .add(relu())
                .add(maxPool(2, 2))
                .add(Blocks.batchFlattenBlock())
                .add(linear(120))
                .add(relu())
                .add(linear(84))
                .add(relu())
                .add(linear(classes));
    }

    private static Block alexnet(int classes) {
        return new SequentialBlock()
                .add(conv(64, 11, 4, 2, true))
                .add(relu())
                .add(maxPool(3, 2))
                .add(conv(192, 5, 1, 2, true))
                .add(relu())
                .add(maxPool(3, 2))
                .add(conv(384, 3, 1, 1, true))
                .add(relu())
                .add(conv(256, 3, 1, 1, true))
                .add(relu())
                .add(conv(256, 3, 1, 1, true))
                .add(relu())
                .add(maxPool(3, 2))
                .add(Blocks.batchFlattenBlock())
                .add(dropout())
                .add(linear(4096))
                .add(relu())
                .add(dropout())
                .add(linear(4096))
                .add(relu())
                .add(linear(classes));
    }

    private static Block vgg11(int classes) {
        SequentialBlock network = new SequentialBlock();
        for (List<Integer> stage :
                List.of(List.of(64), List.of(128), List.of(256, 256), List.of(512, 512), List.of(512, 512))) {
            stage.forEach(channels -> network.add(conv(channels, 3, 1, 1, true)).add(relu()));
            network.add(maxPool(2, 2));
        }
        return network.add(Blocks.batchFlattenBlock())
                .add(linear(4096))
                .add(relu())
                .add(dropout())
                .add(linear(4096))
                .add(relu())
                .add(dropout())
                .add(linear(classes));
    }

    private static Block resnet18Cifar(int classes) {
        return new SequentialBlock()
                .add(conv(64, 3, 1, 1, false))
                .add(batchNorm())
                .add(relu())
                .add(basicBlock(64, 1, false))
                .add(basicBlock(64, 1, false))
                .add(basicBlock(128, 2, true))
                .add(basicBlock(128, 1, false))
                .add(basicBlock(256, 2, true))
                .add(basicBlock(256, 1, false))
                .add(basicBlock(512, 2, true))
                .add(basicBlock(512, 1, false))
                .add(Pool.globalAvgPool2dBlock())
                .add(Blocks.batchFlattenBlock())
                .add(linear(classes));
    }

    private static Block basicBlock(int channels, int stride, boolean project) {
        Block residual = new SequentialBlock()
                .add(conv(channels, 3, stride, 1, false))
                .add(batchNorm())
                .add(relu())
                .add(conv(channels, 3, 1, 1, false))
                .add(batchNorm());
        return residual(residual, project ? projection(channels, stride) : Blocks.identityBlock());
    }

    private static Block resnet50(int classes) {
        SequentialBlock network = new SequentialBlock()
                .add(conv(64, 7, 2, 3, false))
                .add(batchNorm())
                .add(relu())
                .add(Pool.maxPool2dBlock(new Shape(3, 3), new Shape(2, 2), new Shape(1, 1)));
        int[] depths = {3, 4, 6, 3};
        for (int stage = 0; stage < depths.length; stage++) {
            for (int block = 0; block < depths[stage]; block++) {
                network.add(bottleneck(64 << stage, block == 0 && stage > 0 ? 2 : 1, block == 0));
            }
        }
        return network.add(Pool.globalAvgPool2dBlock())
                .add(Blocks.batchFlattenBlock())
                .add(linear(classes));
    }

    private static Block bottleneck(int width, int stride, boolean project) {
        Block residual = new SequentialBlock()
                .add(conv(width, 1, 1, 0, false))
                .add(batchNorm())
                .add(relu())
                .add(conv(width, 3, stride, 1, false))
                .add(batchNorm())
                .add(relu())
                .add(conv(4 * width, 1, 1, 0, false))
                .add(batchNorm());
        return residual(residual, project ? projection(4 * width, stride) : Blocks.identityBlock());
    }

    private static Block projection(int channels, int stride) {
        return new SequentialBlock().add(conv(channels, 1, stride, 0, false)).add(batchNorm());
    }

    /** Adds in place, as torchvision does. */
    private static Block residual(Block residual, Block shortcut) {
        return new ParallelBlock(
                outputs -> {
                    NDArray sum = outputs.get(0)
                            .singletonOrThrow()
                            .addi(outputs.get(1).singletonOrThrow());
                    return new NDList(Activation.relu(sum));
                },
                List.of(residual, shortcut));
    }

    /** Expansion, channels, repeats, stride: table 2 of Sandler et al. 2018, https://arxiv.org/abs/1801.04381. */
    private static Block mobileNetV2(int classes) {
        int[][] stages = {
            {1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}
        };
        SequentialBlock network = new SequentialBlock()
                .add(conv(32, 3, 2, 1, false))
                .add(batchNorm())
                .add(relu6());
        int channels = 32;
        for (int[] stage : stages) {
            for (int repeat = 0; repeat < stage[2]; repeat++) {
                network.add(invertedResidual(channels, stage[0], stage[1], repeat == 0 ? stage[3] : 1));
                channels = stage[1];
            }
        }
        return network.add(conv(1280, 1, 1, 0, false))
                .add(batchNorm())
                .add(relu6())
                .add(Pool.globalAvgPool2dBlock())
                .add(Blocks.batchFlattenBlock())
                .add(Dropout.builder().optRate(0.2f).build())
                .add(linear(classes));
    }

    private static Block invertedResidual(int inputs, int expansion, int outputs, int stride) {
        SequentialBlock block = new SequentialBlock();
        int hidden = inputs * expansion;
        if (expansion > 1) {
            block.add(conv(hidden, 1, 1, 0, false)).add(batchNorm()).add(relu6());
        }
        block.add(depthwise(hidden, stride))
                .add(batchNorm())
                .add(relu6())
                .add(conv(outputs, 1, 1, 0, false))
                .add(batchNorm());
        if (stride > 1 || inputs != outputs) {
            return block;
        }
        return new ParallelBlock(
                branches -> new NDList(
                        branches.get(0).singletonOrThrow().addi(branches.get(1).singletonOrThrow())),
                List.of(block, Blocks.identityBlock()));
    }

    private static Block depthwise(int channels, int stride) {
        return Conv2d.builder()
                .setKernelShape(new Shape(3, 3))
                .setFilters(channels)
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(1, 1))
                .optGroups(channels)
                .optBias(false)
                .build();
    }

    private static Block conv(int channels, int kernelSize, int stride, int padding, boolean bias) {
        return Conv2d.builder()
                .setKernelShape(new Shape(kernelSize, kernelSize))
                .setFilters(channels)
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(padding, padding))
                .optBias(bias)
                .build();
    }

    private static Block linear(int units) {
        return Linear.builder().setUnits(units).build();
    }

    private static Block maxPool(int kernelSize, int stride) {
        return Pool.maxPool2dBlock(new Shape(kernelSize, kernelSize), new Shape(stride, stride));
    }

    private static Block batchNorm() {
        return BatchNorm.builder().build();
    }

    private static Block dropout() {
        return Dropout.builder().optRate(0.5f).build();
    }

    private static Block relu() {
        return Activation.reluBlock();
    }

    private static Block relu6() {
        return Activation.relu6Block();
    }
}
