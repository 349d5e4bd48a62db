package dev.tandem.cli;

import dev.tandem.data.image.ImageException;
import dev.tandem.trainer.Evaluation;
import dev.tandem.trainer.TrainingResult;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code tandem train} tells at its end.
 *
 * @param test null if the training was stopped or there are no test images
 * @param measuredOn what the images are called that the network was measured on after each epoch
 * @param testedOn likewise at the end
 * @param broken photos that could not be read and were left out
 * @param steps of the whole run
 */
record TrainReport(
        TrainSettings settings,
        Path runFolder,
        String data,
        TrainingResult result,
        Evaluation test,
        String measuredOn,
        String testedOn,
        List<ImageException> broken,
        long steps) {
    Map<String, Object> toMap() {
        double seconds = ThisProcess.secondsSinceStart();
        Evaluation validation = result.validation();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("model", settings.model());
        map.put("data", settings.data());
        map.put("completed", result.completed());
        map.put("testAccuracy", test == null ? null : test.top1());
        map.put("testTop5", test == null ? null : test.top5());
        map.put("testLoss", test == null ? null : test.loss());
        map.put("validationAccuracy", validation == null ? null : validation.top1());
        map.put("bestAccuracy", result.bestTop1());
        map.put("bestEpoch", result.bestEpoch() == 0 ? null : result.bestEpoch());
        map.put("lossFunction", settings.createLoss().name());
        map.put("brokenPhotos", BrokenPhotos.toList(broken));
        map.put("trainLoss", result.trainLoss());
        map.put("epochs", result.epochs());
        map.put("steps", result.steps());
        map.put("seconds", Format.rounded(seconds, 3));
        map.put("trainSeconds", Format.rounded(result.seconds(), 3));
        map.put("firstStepSeconds", Format.rounded(seconds - result.seconds() + result.secondsToFirstStep(), 3));
        map.put("peakBytes", result.peakBytes());
        map.put("peakResidentBytes", ThisProcess.peakResidentBytes());
        map.put("runFolder", runFolder.toString());
        map.put("weights", result.weights() == null ? null : result.weights().toString());
        map.put(
                "bestWeights",
                result.bestWeights() == null ? null : result.bestWeights().toString());
        return map;
    }

    String toText() {
        String seconds = Format.seconds(ThisProcess.secondsSinceStart());
        if (!result.completed()) {
            return "stopped after step " + result.steps() + " of " + steps + ", " + seconds + " after the start\n"
                    + "everything is in " + runFolder + "; go on with: tandem train --resume --run "
                    + Format.word(runFolder);
        }
        return settings.model() + " on " + data + ": " + score() + ", " + Format.counted(result.epochs(), "epoch")
                + ", "
                + seconds + "\n" + best()
                + "everything is in " + runFolder + "; the network is " + result.weights() + "\n"
                + "see it work: tandem predict --weights " + Format.word(runFolder) + " IMAGE…";
    }

    /** Where the last epoch was not the best. */
    private String best() {
        boolean last = result.bestWeights() == null || result.bestEpoch() == 0 || result.bestEpoch() == result.epochs();
        return last
                ? ""
                : "the best was epoch " + result.bestEpoch() + ", with " + Format.percent(result.bestTop1())
                        + " of the "
                        + measuredOn + " images right: " + result.bestWeights()
                        + "; eval, predict and the others take it (--use final takes the last)\n";
    }

    private String score() {
        Evaluation last = test == null ? result.validation() : test;
        if (last == null) {
            return "trained";
        }
        return Format.percent(last.top1()) + " of the " + (test == null ? measuredOn : testedOn)
                + " images right, loss " + String.format(java.util.Locale.ROOT, "%.4f", last.loss())
                + (settings.labelSmoothing() == 0
                        ? ""
                        : " (" + settings.createLoss().name() + ")");
    }
}
