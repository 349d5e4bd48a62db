package dev.tandem.trainer;

import java.util.Locale;

/** Finds the likely cause of a loss that is no number. */
final class DivergenceDiagnosis {
    private static final int MEMORY = 20;

    private final float[] recent = new float[MEMORY];
    private long seen;

    void saw(float loss) {
        recent[(int) (seen++ % MEMORY)] = loss;
    }

    TrainingDivergedException explain(long step, int epoch, float loss, double learningRate, boolean inputFinite) {
        String what = "step " + step + " (epoch " + epoch + "): the loss is " + loss;
        if (!inputFinite) {
            return new TrainingDivergedException(
                    what
                            + " because the input images hold values that are no numbers; check the data and its normalisation");
        }
        String history = seen == 0
                ? " at the first step: a start value or the normalisation is off, or the learning rate " + learningRate
                        + " of an earlier part of this run was too high"
                : trend();
        return new TrainingDivergedException(what + history + "; the likely cause is a learning rate of " + learningRate
                + " that is too high: try " + String.format(Locale.ROOT, "%.2g", learningRate / 10)
                + ", a warm-up, or gradient clipping. The last checkpoint is untouched");
    }

    private String trend() {
        int count = (int) Math.min(seen, MEMORY);
        float first = recent[(int) ((seen - count) % MEMORY)];
        float last = recent[(int) ((seen - 1) % MEMORY)];
        return ", after " + (last > first ? "rising from " : "moving from ") + first + " to " + last + " over the last "
                + count + " steps";
    }
}
