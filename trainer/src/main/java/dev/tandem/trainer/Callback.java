package dev.tandem.trainer;

/** Told what happens while training; every method does nothing unless overridden. Called on the training thread. */
public interface Callback {
    /** What is known after a step. */
    record Step(
            long step,
            int epoch,
            int batch,
            int batchesInEpoch,
            float loss,
            double learningRate,
            double imagesPerSecond,
            double waitingShare) {}

    /**
     * What is known after an epoch.
     *
     * @param waitingShare the share of the epoch's time that was spent waiting for data, 0 to 1
     * @param validation null if there is no validation data
     */
    record Epoch(
            int epoch,
            long step,
            double trainLoss,
            double trainTop1,
            double trainTop5,
            double learningRate,
            double imagesPerSecond,
            double waitingShare,
            double seconds,
            Evaluation validation) {}

    default void onStart(Trainer trainer) {}

    default void onStep(Trainer trainer, Step step) {}

    default void onEpoch(Trainer trainer, Epoch epoch) {}

    default void onCheckpoint(Trainer trainer, java.nio.file.Path file) {}

    default void onEnd(Trainer trainer, TrainingResult result) {}
}
