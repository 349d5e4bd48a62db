package dev.tandem.models;

import static dev.tandem.nn.Layers.batchNorm;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;

import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Initializer;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Initializers.Fan;
import dev.tandem.nn.Module;
import dev.tandem.nn.Residual;
import dev.tandem.nn.Sequential;

/** What several families are made of. */
final class Blocks {
    /** How convolutions start in most of torchvision's networks. */
    static final Initializer HE_OUT = Initializers.heNormal(Fan.OUT, Initializers.RELU_GAIN);

    private Blocks() {}

    /** Convolution without bias, batch norm, and an activation; null for none. */
    static Sequential convNorm(Conv2d convolution, BatchNorm2d norm, Module activation) {
        Sequential block = sequential(convolution.bias(false).init(HE_OUT), norm);
        return activation == null ? block : block.add(activation);
    }

    /** As {@link #convNorm} with ReLU, named and with TensorFlow's epsilon as in torchvision's Inception networks. */
    static Sequential inceptionUnit(Conv2d convolution, Initializer start) {
        return new Sequential()
                .add("conv", convolution.bias(false).init(start))
                .add("bn", batchNorm(convolution.outChannels()).epsilon(1e-3f))
                .add("relu", relu());
    }

    /** Layers under a name, with a shortcut around them where the shape stays. */
    static Sequential residualWhere(boolean shapeStays, String name, Sequential layers) {
        return (shapeStays ? new Residual() : new Sequential()).add(name, layers);
    }

    /** The multiple of 8 that is nearest to a number of channels, but not less than 90 % of it. */
    static int channels(double wanted) {
        int rounded = Math.max(8, (int) (wanted + 4) / 8 * 8);
        return rounded < 0.9 * wanted ? rounded + 8 : rounded;
    }
}
