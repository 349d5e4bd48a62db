package dev.tandem.trainer;

import java.util.LinkedHashMap;
import java.util.Map;

/** How far a training is, and what it has measured: everything that changes with it beside the network and its optimizer. */
final class TrainingProgress {
    private static final String BEST_LOSS = "bestLoss";
    private static final String BEST_EPOCH = "bestEpoch";

    long step; // steps done
    int epoch; // 0-based, of the next step
    int batchInEpoch; // of the next step
    Metrics metrics = new Metrics(); // of the epoch so far
    double bestTop1 = Double.NaN;
    private double bestLoss = Double.NaN; // of the validation of that epoch
    int bestEpoch; // from 1; 0 for none yet

    /** For a checkpoint. */
    Map<String, String> values() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("step", Long.toString(step));
        values.put("epoch", Integer.toString(epoch));
        values.put("batch", Integer.toString(batchInEpoch));
        values.put("metrics", metrics.snapshot());
        values.put("bestTop1", Double.toString(bestTop1));
        values.put(BEST_LOSS, Double.toString(bestLoss));
        values.put(BEST_EPOCH, Integer.toString(bestEpoch));
        return values;
    }

    void restore(Checkpoint checkpoint) {
        step = checkpoint.number("step");
        epoch = (int) checkpoint.number("epoch");
        batchInEpoch = (int) checkpoint.number("batch");
        metrics = Metrics.restore(checkpoint.value("metrics"));
        bestTop1 = Double.parseDouble(checkpoint.value("bestTop1"));
        bestLoss = Double.parseDouble(checkpoint.values().getOrDefault(BEST_LOSS, "NaN"));
        bestEpoch = Integer.parseInt(checkpoint.values().getOrDefault(BEST_EPOCH, "0"));
    }

    /** Takes note of an epoch that has ended. Returns whether it is the best so far; of equal accuracies the lower loss is better. */
    boolean saw(Evaluation validation) {
        boolean better = validation.top1() == bestTop1 ? validation.loss() < bestLoss : !(validation.top1() < bestTop1);
        if (better) {
            bestTop1 = validation.top1();
            bestLoss = validation.loss();
            bestEpoch = epoch;
        }
        return better;
    }

    void forgetBest() {
        bestTop1 = Double.NaN;
        bestEpoch = 0;
    }

    void endEpoch() {
        epoch++;
        batchInEpoch = 0;
        metrics = new Metrics();
    }
}
