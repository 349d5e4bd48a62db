package dev.tandem.models;

import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.nn.Module;

/** Networks of fully connected layers: the ancestors. */
final class Mlp {
    private Mlp() {}

    /** One layer: a template of pixel weights for each class. */
    static Module linearClassifier(ModelOptions options) {
        return sequential(flatten(), linear(options.pixels(), options.classes()));
    }

    /** Two hidden layers of 512 and 256. */
    static Module mlp(ModelOptions options) {
        return sequential(
                flatten(),
                linear(options.pixels(), 512),
                relu(),
                linear(512, 256),
                relu(),
                linear(256, options.classes()));
    }
}
