package dev.tandem.models;

import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.nn.Initializers;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import java.util.List;

/** Networks of fully connected layers: the ancestors. */
final class Mlp {
    private Mlp() {}

    /** Accuracies are those of LeCun et al. (1998, section III.C), whose hidden layers had sigmoids. */
    static List<ModelEntry> entries() {
        String lecun = "LeCun et al., https://doi.org/10.1109/5.726791, with ReLU";
        ModelOptions digits = Families.DIGITS;
        return List.of(
                ModelEntry.of(
                        "perceptron", 1958, "Rosenblatt, https://doi.org/10.1037/h0042519", digits, Mlp::perceptron),
                ModelEntry.of(
                        "mlp",
                        1986,
                        "Rumelhart et al., https://doi.org/10.1038/323533a0",
                        digits,
                        options -> mlp(options, 512, 256)),
                ModelEntry.of("linear", 1990, "Bridle, https://doi.org/10.1007/978-3-642-76153-9_28", digits, Mlp::mlp)
                        .published(88.0),
                ModelEntry.of("mlp_300", 1998, lecun, digits, options -> mlp(options, 300))
                        .published(95.3),
                ModelEntry.of("mlp_300_100", 1998, lecun, digits, options -> mlp(options, 300, 100))
                        .published(96.95));
    }

    /**
     * One layer that starts at zero, as the perceptron's learning rule does: train it with {@link
     * dev.tandem.nn.Losses#multiClassHinge} and margin 0, which is that rule for several classes.
     */
    private static Module perceptron(ModelOptions options) {
        return sequential(
                flatten(),
                linear(options.pixels(), options.classes())
                        .init(Initializers.zeros())
                        .initBias(Initializers.zeros()));
    }

    /** Hidden layers with ReLU; without any, a linear classifier: a template of pixel weights for each class. */
    private static Module mlp(ModelOptions options, int... hidden) {
        Sequential network = sequential(flatten());
        int from = options.pixels();
        for (int to : hidden) {
            network.add(linear(from, to)).add(relu());
            from = to;
        }
        return network.add(linear(from, options.classes()));
    }
}
