package dev.tandem.benchmarks;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.io.IOException;

/** Tandem on its CPU backend, as a user of the library writes it. Arguments: the case's name, the number of threads. */
public final class TandemContender implements Contender {
    private final Module network;
    private final Optimizer optimizer;
    private final Tensor images;
    private final Tensor labels;

    private TandemContender(TrainingCase trainingCase, Device device) {
        ModelOptions options =
                new ModelOptions(trainingCase.classes(), trainingCase.channels(), trainingCase.imageSize());
        network = Models.get(trainingCase.name()).build(options);
        network.initialize(device, 1);
        optimizer = new Sgd(network, TrainingCase.LEARNING_RATE)
                .momentum(TrainingCase.MOMENTUM)
                .weightDecay(TrainingCase.WEIGHT_DECAY);
        int size = trainingCase.imageSize();
        images = device.random()
                .normal(trainingCase.batch(), trainingCase.channels(), size, size)
                .persist();
        labels = device.random()
                .integers(0, trainingCase.classes(), trainingCase.batch())
                .persist();
    }

    @Override
    public float step() {
        try (Scope scope = Scope.open()) {
            optimizer.clearGradients();
            Tensor loss = Losses.crossEntropy(network.apply(images), labels);
            loss.backward();
            optimizer.step();
            return loss.item();
        }
    }

    public static void main(String[] args) throws IOException {
        TrainingCase trainingCase = TrainingCase.named(args[0]);
        DeviceOptions options = DeviceOptions.DEFAULT.withThreads(Integer.parseInt(args[1]));
        try (Device device = Device.open("cpu", options)) {
            ContenderServer.serve(new TandemContender(trainingCase, device), System.in, System.out);
        }
    }
}
