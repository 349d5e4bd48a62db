package dev.tandem.cli;

import dev.tandem.models.ModelOptions;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.Arrays;

/**
 * How fast a network trains on one batch of random images: forward, cross-entropy, backward, momentum SGD with weight decay.
 *
 * @param batch images a step
 * @param stepMillis of each timed step, fastest first
 * @param firstStepSeconds from initialising the network to the end of the first step, which compiles and plans
 * @param lastLoss of the last step
 */
record TrainingSpeed(int batch, double[] stepMillis, double firstStepSeconds, long peakBytes, float lastLoss) {
    private static final float LEARNING_RATE = 0.001f;

    /** @param warmup steps before the timed ones */
    static TrainingSpeed measure(
            Device device, Module network, ModelOptions options, int batch, long warmup, int steps) {
        long begin = System.nanoTime();
        network.initialize(device, 1);
        Optimizer optimizer = new Sgd(network, LEARNING_RATE).momentum(0.9f).weightDecay(5e-4f);
        int side = options.imageSize();
        Tensor images =
                device.random().normal(batch, options.channels(), side, side).persist();
        Tensor labels = device.random().integers(0, options.classes(), batch).persist();
        double firstStepSeconds = Double.NaN;
        double[] millis = new double[steps];
        float loss = Float.NaN;
        for (long i = -warmup; i < steps; i++) {
            long start = System.nanoTime();
            loss = step(network, optimizer, images, labels);
            if (i >= 0) {
                millis[(int) i] = (System.nanoTime() - start) / 1e6;
            }
            if (Double.isNaN(firstStepSeconds)) {
                firstStepSeconds = (System.nanoTime() - begin) / 1e9;
            }
        }
        Arrays.sort(millis);
        return new TrainingSpeed(
                batch, millis, firstStepSeconds, device.memoryStats().peakBytes(), loss);
    }

    private static float step(Module network, Optimizer optimizer, Tensor images, Tensor labels) {
        try (Scope scope = Scope.open()) {
            optimizer.clearGradients();
            Tensor loss = Losses.crossEntropy(network.apply(images), labels);
            loss.backward();
            optimizer.step();
            return loss.item(); // waits for the device
        }
    }

    double fastest() {
        return stepMillis[0];
    }

    double median() {
        return (stepMillis[(stepMillis.length - 1) / 2] + stepMillis[stepMillis.length / 2]) / 2;
    }

    /** Nine of ten steps take no longer. */
    double ninetieth() {
        return stepMillis[(int) Math.ceil(0.9 * stepMillis.length) - 1];
    }

    double imagesPerSecond() {
        return 1000 * batch / median();
    }
}
