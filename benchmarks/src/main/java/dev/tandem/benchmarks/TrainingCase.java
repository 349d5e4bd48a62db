package dev.tandem.benchmarks;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A network and the batch that it trains on. Every contender builds the same layers, and steps with momentum SGD at
 * {@link #LEARNING_RATE}, {@link #MOMENTUM} and {@link #WEIGHT_DECAY} on one fixed batch of normal noise with random labels.
 *
 * <p>The networks, layer by layer:
 * <ul>
 *   <li>{@code lenet5}: conv 6@5×5 pad 2, ReLU, max-pool 2, conv 16@5×5, ReLU, max-pool 2, fully connected 120, 84, 10 with ReLU between;
 *   <li>{@code alexnet}: torchvision's (64, 192, 384, 256, 256; dropout 0.5; 4096, 4096, 1000);
 *   <li>{@code resnet18_cifar}: torchvision's ResNet-18 with a 3×3 stride 1 stem and no max-pool;
 *   <li>{@code vgg11}: torchvision's, without batch norm, dropout 0.5;
 *   <li>{@code mobilenet_v2}: torchvision's, dropout 0.2;
 *   <li>{@code resnet50}: torchvision's.
 * </ul>
 *
 * @param name the network's name, as contenders get it on their command line
 * @param batch images a step
 * @param channels of an image
 * @param imageSize height and width of an image
 * @param classes that the labels are drawn from
 */
public record TrainingCase(String name, int batch, int channels, int imageSize, int classes) {
    public static final float LEARNING_RATE = 0.001f;
    public static final float MOMENTUM = 0.9f;
    public static final float WEIGHT_DECAY = 5e-4f;

    public static final List<TrainingCase> ALL = List.of(
            new TrainingCase("lenet5", 128, 1, 28, 10),
            new TrainingCase("alexnet", 32, 3, 224, 1000),
            new TrainingCase("resnet18_cifar", 64, 3, 32, 10),
            new TrainingCase("vgg11", 8, 3, 224, 1000),
            new TrainingCase("mobilenet_v2", 16, 3, 224, 1000),
            new TrainingCase("resnet50", 8, 3, 224, 1000));

    /** Throws {@link IllegalArgumentException} listing the known names if this is none of them. */
    public static TrainingCase named(String name) {
        return ALL.stream()
                .filter(trainingCase -> trainingCase.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("No training case '" + name + "'; there are "
                        + ALL.stream().map(TrainingCase::name).collect(Collectors.joining(", "))));
    }
}
