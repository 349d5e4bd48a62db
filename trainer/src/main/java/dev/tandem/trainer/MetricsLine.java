package dev.tandem.trainer;

import java.util.LinkedHashMap;
import java.util.Map;

/** A line of {@code metrics.jsonl}. */
final class MetricsLine {
    private MetricsLine() {}

    static Map<String, Object> of(Callback.Epoch epoch, String lossFunction) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("epoch", epoch.epoch());
        line.put("step", epoch.step());
        line.put("lossFunction", lossFunction);
        line.put("trainLoss", epoch.trainLoss());
        line.put("trainTop1", epoch.trainTop1());
        line.put("trainTop5", epoch.trainTop5());
        if (epoch.validation() != null) {
            line.put("validationLoss", epoch.validation().loss());
            line.put("validationTop1", epoch.validation().top1());
            line.put("validationTop5", epoch.validation().top5());
        }
        line.put("learningRate", epoch.learningRate());
        line.put("imagesPerSecond", epoch.imagesPerSecond());
        line.put("waitingForDataShare", epoch.waitingShare());
        line.put("seconds", epoch.seconds());
        return line;
    }
}
