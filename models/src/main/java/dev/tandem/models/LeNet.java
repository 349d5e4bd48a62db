package dev.tandem.models;

import static dev.tandem.nn.Layers.avgPool;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.maxPool;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;
import static dev.tandem.nn.Layers.tanh;

import dev.tandem.nn.Module;
import java.util.List;

/**
 * LeNet-5 (LeCun et al. 1998, Gradient-based learning applied to document recognition). 28×28 digits are padded by 2, as the
 * paper's 32×32 images were.
 */
final class LeNet {
    private LeNet() {}

    static List<ModelEntry> entries() {
        String paper = "LeCun et al., https://doi.org/10.1109/5.726791";
        return List.of(
                ModelEntry.of("lenet5_1998", 1998, paper, Families.DIGITS, LeNet::lenet5Of1998)
                        .least(12)
                        .published(99.05),
                ModelEntry.of("lenet5", 1998, paper + ", with ReLU and max-pooling", Families.DIGITS, LeNet::lenet5)
                        .least(12));
    }

    /** As most courses teach it: ReLU and max-pooling. */
    private static Module lenet5(ModelOptions options) {
        int side = side(options);
        return sequential(
                conv(options.channels(), 6, 5).padding(2), // 28
                relu(),
                maxPool(2), // 14
                conv(6, 16, 5), // 10
                relu(),
                maxPool(2), // 5
                flatten(),
                linear(16 * side * side, 120),
                relu(),
                linear(120, 84),
                relu(),
                linear(84, options.classes()));
    }

    /** As published: tanh and average pooling. Its connection table and RBF outputs have given way to full connections and logits. */
    private static Module lenet5Of1998(ModelOptions options) {
        int side = side(options);
        return sequential(
                conv(options.channels(), 6, 5).padding(2),
                tanh(),
                avgPool(2),
                conv(6, 16, 5),
                tanh(),
                avgPool(2),
                flatten(),
                linear(16 * side * side, 120),
                tanh(),
                linear(120, 84),
                tanh(),
                linear(84, options.classes()));
    }

    private static int side(ModelOptions options) {
        return (options.imageSize() / 2 - 4) / 2;
    }
}
