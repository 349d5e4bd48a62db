package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.io.SafeTensors;
import dev.tandem.models.Models;
import dev.tandem.trainer.Evaluation;
import dev.tandem.trainer.NetworkSpec;
import dev.tandem.trainer.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which weights of a run folder the commands take, and that they say so. */
class RunWeightsTest {
    @TempDir
    Path folder;

    private Path run;

    @BeforeEach
    void copyRun() throws IOException {
        run = Files.createDirectory(folder.resolve("run"));
        for (String name : new String[] {"config.yaml", RunWeights.BEST, RunWeights.FINAL}) {
            Files.copy(TrainedRun.get().folder.resolve(name), run.resolve(name));
        }
        setBestEpoch("2");
    }

    private void setBestEpoch(String epoch) {
        SafeTensors best = SafeTensors.read(run.resolve(RunWeights.BEST));
        Map<String, String> metadata = new HashMap<>(best.metadata());
        metadata.put(NetworkSpec.EPOCH, epoch);
        SafeTensors.write(run.resolve(RunWeights.BEST), best.tensors(), metadata);
    }

    private CommandRun eval(String... arguments) {
        String[] all = new String[arguments.length + 2];
        all[0] = "eval";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        all[arguments.length + 1] = "--json";
        return CommandRun.of(all);
    }

    @Test
    void bestWeightsAreTheDefaultAndThatIsSaid() {
        assertThat(eval(run.toString()).json().get("weights").asText()).endsWith(RunWeights.BEST);
        assertThat(eval(run.toString(), "--use", "best").json().get("weights").asText())
                .endsWith(RunWeights.BEST);
        assertThat(eval(run.toString(), "--use", "final").json().get("weights").asText())
                .endsWith(RunWeights.FINAL);
        assertThat(eval(run.toString(), "--use", "final").json().get("epoch").asText())
                .isEqualTo("4");
        assertThat(CommandRun.of("eval", run.toString()).out())
                .contains(RunWeights.BEST + ", epoch 2, the best one; --use final takes the last", "(cross-entropy)");
        assertThat(CommandRun.of("eval", run.toString(), "--use", "final").out())
                .contains(RunWeights.FINAL + ", epoch 4)");

        CommandRun export = CommandRun.of(
                "export",
                run.toString(),
                "--out",
                folder.resolve("o.safetensors").toString());
        assertThat(export.err()).contains("the weights are " + run.resolve(RunWeights.BEST), "--use final");
        CommandRun last = CommandRun.of(
                "export",
                run.toString(),
                "--use",
                "final",
                "--out",
                folder.resolve("f.safetensors").toString());
        assertThat(last.err()).doesNotContain("the weights are");
        assertThat(SafeTensors.read(folder.resolve("f.safetensors")).tensors().get("11.weight"))
                .matches(tensor -> tensor.contentEquals(SafeTensors.read(run.resolve(RunWeights.FINAL))
                        .tensors()
                        .get("11.weight")));
    }

    @Test
    void nothingIsSaidWhereTheLastEpochIsTheBest() {
        setBestEpoch("4");
        assertThat(CommandRun.of("eval", run.toString()).out())
                .contains(RunWeights.BEST + ", epoch 4)")
                .doesNotContain("--use");
    }

    @Test
    void whatIsNotThereIsRefused() throws IOException {
        Files.delete(run.resolve(RunWeights.BEST));
        assertThat(eval(run.toString()).json().get("weights").asText()).endsWith(RunWeights.FINAL);
        CommandRun best = CommandRun.of("eval", run.toString(), "--use", "best");
        TandemCommandTest.assertOneLine(best, ExitCodes.USAGE);
        assertThat(best.err()).contains("--use best", "has no " + RunWeights.BEST);
        CommandRun file = CommandRun.of("eval", run.resolve(RunWeights.FINAL).toString(), "--use", "final");
        TandemCommandTest.assertOneLine(file, ExitCodes.USAGE);
        assertThat(file.err()).contains("--use final", "is a file");
    }

    @Test
    void evalMeasuresTheLossOfTheRun() throws IOException {
        double plain = eval(run.toString()).json().get("loss").asDouble();
        Path config = run.resolve("config.yaml");
        Files.writeString(config, Files.readString(config).replace("labelSmoothing: 0.0", "labelSmoothing: 0.3"));

        CommandRun smoothed = eval(run.toString());

        assertThat(smoothed.json().get("lossFunction").asText()).isEqualTo("cross-entropy, label smoothing 0.3");
        assertThat(smoothed.json().get("loss").asDouble()).isGreaterThan(plain + 0.3);
    }

    @Test
    void aRunThatWasCompleteNamesTheImagesItIsMeasuredOn() {
        Evaluation measured = new Evaluation(100, 0.9, 0.827, 1, 1);
        TrainReport whole = report(30);
        TrainingResult result = whole.result();
        TrainingResult resumed = new TrainingResult(
                true, 30, 300, Double.NaN, null, 0.893, 30, 9, Double.NaN, 0, result.weights(), null, List.of());
        TrainReport report = new TrainReport(
                whole.settings(), run, "photos", resumed, measured, "validation", "validation", List.of(), 300);

        assertThat(report.toText()).contains("82.70 % of the validation images right");
    }

    private TrainReport report(int bestEpoch) {
        TrainingResult result = new TrainingResult(
                true,
                30,
                300,
                0.1,
                new Evaluation(100, 0.9, 0.827, 1, 1),
                0.893,
                bestEpoch,
                9,
                1,
                0,
                run.resolve(RunWeights.FINAL),
                run.resolve(RunWeights.BEST),
                List.of());
        return new TrainReport(
                Recipes.of(Models.get("linear"), false, true),
                run,
                "photos",
                result,
                null,
                "validation",
                "test",
                List.of(),
                300);
    }

    @Test
    void aRunThatEndsBelowItsBestSaysBoth() {
        assertThat(report(27).toText())
                .contains("82.70 % of the validation images right")
                .contains("the best was epoch 27, with 89.30 % of the validation images right: "
                        + run.resolve(RunWeights.BEST))
                .contains("--use final");
        assertThat(report(30).toText()).doesNotContain("the best was");
        Map<String, Object> json = report(27).toMap();
        assertThat(json)
                .containsEntry("weights", run.resolve(RunWeights.FINAL).toString())
                .containsEntry("bestWeights", run.resolve(RunWeights.BEST).toString())
                .containsEntry("bestEpoch", 27)
                .containsEntry("bestAccuracy", 0.893);
    }
}
