package dev.tandem.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainingProgressTest {
    private final TrainingProgress progress = new TrainingProgress();

    private boolean saw(double loss, double top1) {
        progress.endEpoch();
        return progress.saw(new Evaluation(10, loss, top1, 1, 1));
    }

    @Test
    void ofEpochsAsAccurateTheOneOfTheLowestLossIsTheBest() {
        assertThat(saw(0.6, 0.5)).isTrue();
        assertThat(saw(0.65, 1)).as("more accurate").isTrue();
        assertThat(saw(0.7, 1)).isFalse();
        assertThat(saw(0.01, 1)).isTrue();
        assertThat(saw(0.001, 0.9)).isFalse();
        assertThat(progress.bestEpoch).isEqualTo(4);
    }

    @Test
    void theBestEpochOutlivesACheckpointAndWithoutItsFileTheNextIsTheBest() {
        saw(0.5, 0.75);
        TrainingProgress resumed = new TrainingProgress();
        resumed.restore(new Checkpoint("a checkpoint", progress.values(), Map.of()));
        assertThat(resumed.bestEpoch).isEqualTo(1);
        assertThat(resumed.saw(new Evaluation(10, 0.5, 0.75, 1, 1))).isFalse();
        assertThat(resumed.saw(new Evaluation(10, 0.4, 0.75, 1, 1))).isTrue();

        resumed.forgetBest();
        assertThat(resumed.saw(new Evaluation(10, 3, 0.1, 1, 1))).isTrue();
    }
}
