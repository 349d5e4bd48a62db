package dev.tandem.examples;

import dev.tandem.data.Datasets;
import dev.tandem.data.Normalization;
import dev.tandem.data.Split;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.optim.Schedule;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.trainer.NetworkSpec;
import dev.tandem.trainer.Trainer;
import dev.tandem.trainer.TrainingResult;

public class TrainDigits {
    public static void main(String[] args) {
        try (Device device = Device.open("auto")) {
            var digits = Datasets.mnist(Split.TRAIN); // ships with Tandem
            Module lenet = Models.get("lenet5").build(Models.get("lenet5").defaults());
            lenet.initialize(device, 42);
            var spec = new NetworkSpec("lenet5", 1, 28, 28, digits.classNames(), Normalization.zeroToOne(1));
            TrainingResult result = Trainer.builder(lenet, spec)
                    .trainOn(digits)
                    .validateOn(Datasets.mnist(Split.TEST))
                    .optimizer(new Sgd(lenet, 0.05f).momentum(0.9f).weightDecay(5e-4f))
                    .learningRate(Schedule.cosine(0.05, 0, 2 * 468))
                    .epochs(2)
                    .train();
            System.out.printf(
                    "test accuracy %.2f %%%n", 100 * result.validation().top1());
        }
    }
}
