package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import java.util.List;
import java.util.Map;

/** How a network is trained where nothing else is said. */
final class Recipes {
    private Recipes() {}

    /**
     * @param colour whether the images are photos rather than grey digits or garments, which a mirror would spoil
     * @param digits whether it is the data that ships, which is easy: measured, LeNet-5 gets 99.2 % after four epochs
     */
    static TrainSettings of(ModelEntry model, boolean colour, boolean digits) {
        Augmentations augmentation = colour ? Augmentations.MIRROR : Augmentations.NONE;
        String name = model.name();
        if (name.equals("linear")) {
            return settings(name, 5, 128, 0.01, 0, Schedules.COSINE, 0, Augmentations.NONE);
        }
        if (name.equals("mlp")) {
            return settings(name, 10, 128, 0.05, 1e-4, Schedules.ONE_CYCLE, 0, Augmentations.NONE);
        }
        if (name.startsWith("lenet")) {
            return settings(name, digits ? 4 : 15, 128, 0.1, 5e-4, Schedules.ONE_CYCLE, 0, augmentation);
        }
        if (name.startsWith("alexnet") || name.startsWith("vgg")) {
            // Both papers: 0.01, momentum, a tenth whenever validation stands still.
            return settings(name, 60, 64, 0.01, 5e-4, Schedules.PLATEAU, 1, augmentation);
        }
        return settings(name, 30, 128, 0.1, 5e-4, Schedules.COSINE, 1, augmentation);
    }

    /** From weights that are good already. Measured on photos: the head of MobileNetV2 is learned after a few epochs. */
    static TrainSettings fineTuning(ModelEntry model, boolean colour) {
        Augmentations augmentation = colour ? Augmentations.MIRROR : Augmentations.NONE;
        return settings(model.name(), 10, 32, 0.01, 1e-4, Schedules.COSINE, 0, augmentation)
                .with(Map.of("normalization", Normalizations.PRETRAINED));
    }

    private static TrainSettings settings(
            String model,
            int epochs,
            int batch,
            double learningRate,
            double weightDecay,
            Schedules schedule,
            double warmup,
            Augmentations augmentation) {
        return new TrainSettings(
                model,
                Map.of(),
                TrainSettings.MNIST,
                null,
                epochs,
                batch,
                Optimizers.MOMENTUM,
                learningRate,
                null,
                weightDecay,
                schedule,
                warmup,
                0,
                0,
                Normalizations.STANDARD,
                augmentation,
                ValidationData.VALIDATION,
                null,
                null,
                null,
                List.of(),
                List.of(),
                Map.of(),
                false,
                0,
                false,
                0,
                "auto",
                null,
                null,
                null);
    }
}
