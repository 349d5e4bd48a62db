package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.models.Models;
import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Module;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training from nothing on few photos. */
class FewPhotosTest {
    @TempDir
    Path folder;

    private static List<Double> momenta(long stepsPerEpoch) {
        Module network = Models.get("resnet18").build(Models.get("resnet18").defaults());
        TrainingJob.followWithin(stepsPerEpoch, network);
        List<Double> momenta = new ArrayList<>();
        network.visit((name, module) -> {
            if (module instanceof BatchNorm2d norm) {
                momenta.add((double) norm.momentum());
            }
        });
        return momenta;
    }

    @Test
    void runningStatisticsForgetTheirStartWithinAnEpoch() {
        for (long steps : new long[] {1, 3, 15, 28}) {
            assertThat(momenta(steps)).hasSize(20).allSatisfy(momentum -> assertThat(Math.pow(1 - momentum, steps))
                    .as(steps + " steps")
                    .isCloseTo(0.05, within(1e-6)));
        }
        assertThat(momenta(390)).hasSize(20).containsOnly((double) 0.1f);
    }

    @Test
    void pretrainedWeightsAreHintedAt() {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "blue");
        CommandRun run = CommandRun.of(
                "train",
                "--data",
                photos.toString(),
                "--model",
                "lenet5",
                "--image-size",
                "28",
                "--epochs",
                "1",
                "--threads",
                "1",
                "--run",
                folder.resolve("run").toString());

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("batches of 16").contains("these photos are few", "--pretrained FILE");
        assertThat(CommandRun.of(
                                "train",
                                "--data",
                                photos.toString(),
                                "--pretrained",
                                folder + "/run",
                                "--epochs",
                                "1",
                                "--batch",
                                "8",
                                "--run",
                                folder + "/tuned")
                        .err())
                .doesNotContain("these photos are few");
    }
}
