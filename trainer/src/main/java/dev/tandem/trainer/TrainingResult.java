package dev.tandem.trainer;

import java.nio.file.Path;

/**
 * How a training ended.
 *
 * @param completed false if it was asked to stop before its last epoch
 * @param validation the last one; null if there was none
 * @param bestTop1 the best validation accuracy of any epoch, 0 to 1; NaN if there was none
 * @param secondsToFirstStep from the trainer's start to the end of its first step
 * @param weights the final weights; null without a run folder or if not completed
 */
public record TrainingResult(
        boolean completed,
        int epochs,
        long steps,
        double trainLoss,
        Evaluation validation,
        double bestTop1,
        double seconds,
        double secondsToFirstStep,
        long peakBytes,
        Path weights) {}
