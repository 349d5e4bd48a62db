package dev.tandem.trainer;

import dev.tandem.data.image.ImageException;
import java.nio.file.Path;
import java.util.List;

/**
 * How a training ended.
 *
 * @param completed false if it was asked to stop before its last epoch
 * @param validation the last one; null if there was none
 * @param trainLoss of the last whole epoch, or of as much of the first as there was; NaN if there was none of it
 * @param bestTop1 the best validation accuracy of any epoch, 0 to 1; NaN if there was none
 * @param bestEpoch with that accuracy, of several that with the lowest validation loss, from 1; 0 if there was none
 * @param secondsToFirstStep from the trainer's start to the end of its first step
 * @param weights those at the end, whether it was completed or stopped early; null without a run folder
 * @param bestWeights those of the best epoch; null without a run folder or if none was validated
 * @param broken photos that could not be read and were left out, of those to train on and then of those to validate on
 */
public record TrainingResult(
        boolean completed,
        int epochs,
        long steps,
        double trainLoss,
        Evaluation validation,
        double bestTop1,
        int bestEpoch,
        double seconds,
        double secondsToFirstStep,
        long peakBytes,
        Path weights,
        Path bestWeights,
        List<ImageException> broken) {}
