package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import java.util.List;
import java.util.Map;

/** How a network is trained where nothing else is said. */
final class Recipes {
    private static final int LEAST_BATCH = 16;
    private static final int STEPS_AN_EPOCH = 15;
    private static final int WARMUP_STEPS = 50;

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
        // He et al. for batches of 256 (ImageNet) and 128 (CIFAR-10).
        double rate = model.defaults().imageSize() >= 224 ? 0.05 : 0.1;
        return settings(name, 30, 128, rate, 5e-4, Schedules.COSINE, 1, augmentation);
    }

    /**
     * Of few images a smaller batch, so that an epoch has some steps, the learning rate smaller with it, and the warm-up as many steps
     * long as it would be with many.
     *
     * @param batch the one asked for; null for none
     */
    static TrainSettings forImages(TrainSettings recipe, int images, Integer batch) {
        int fitting = batch == null ? recipe.batch() : batch;
        while (batch == null && fitting > LEAST_BATCH && images / fitting < STEPS_AN_EPOCH) {
            fitting /= 2;
        }
        fitting = batch == null ? Math.max(1, Math.min(fitting, images)) : fitting;
        double rate = recipe.learningRate() * Math.min(1, fitting / (double) recipe.batch());
        double stepsAnEpoch = Math.max(1, images / fitting);
        double warmup = recipe.warmup() == 0
                ? 0
                : Math.max(recipe.warmup(), Math.min(recipe.epochs() / 5.0, WARMUP_STEPS / stepsAnEpoch));
        return recipe.with(Map.of("batch", fitting, "learningRate", rate, "warmup", warmup));
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
