package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tandem.trainer.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TrainCommandTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path data;

    @BeforeAll
    static void writeData() {
        data = SmallMnist.write(shared.resolve("digits"), 512, 100);
    }

    @Test
    void jsonTellsHowItEnded() {
        TrainedRun run = TrainedRun.get();
        JsonNode result = run.training.json();

        assertThat(result.get("completed").asBoolean()).isTrue();
        assertThat(result.get("testAccuracy").asDouble()).isGreaterThan(0.9);
        assertThat(result.get("epochs").asInt()).isEqualTo(4);
        assertThat(result.get("steps").asInt()).isEqualTo(4 * (6000 / 64));
        assertThat(result.get("seconds").asDouble()).isPositive();
        assertThat(result.get("runFolder").asText()).isEqualTo(run.folder.toString());
        assertThat(result.get("weights").asText())
                .isEqualTo(run.folder.resolve("final.safetensors").toString());
        assertThat(run.training.err())
                .contains("epoch 4/4")
                .doesNotContain("\r")
                .doesNotContain("\033");
    }

    @Test
    void runFolderHoldsConfigurationMetricsAndWeights() throws IOException {
        TrainedRun run = TrainedRun.get();

        assertThat(run.folder.resolve("final.safetensors")).isNotEmptyFile();
        assertThat(run.folder.resolve("best.safetensors")).isNotEmptyFile();
        assertThat(Files.readAllLines(run.folder.resolve("metrics.jsonl"))).hasSize(4);
        Map<String, Object> config = RunFolder.at(run.folder).readConfig();
        assertThat(config)
                .containsEntry("model", "lenet5")
                .containsEntry("epochs", 4)
                .containsEntry("optimizer", "momentum")
                .containsEntry("data", run.data.toAbsolutePath().toString());
    }

    @Test
    void resumedRunEndsWithTheSameWeightsAsOneThatNeverStopped() throws IOException {
        train("--epochs", "3", "--schedule", "constant", "--run", at("whole"));
        train("--epochs", "1", "--schedule", "constant", "--run", at("parts"));

        CommandRun resumed = CommandRun.of("train", "--resume", "--epochs", "3", "--run", at("parts"), "--json");

        assertThat(resumed.json().get("epochs").asInt()).isEqualTo(3);
        assertThat(resumed.err()).contains("epoch 2/3").doesNotContain("epoch 1/3");
        assertThat(folder.resolve("parts/final.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("whole/final.safetensors"));
    }

    @Test
    void completeRunSaysSoWhenResumed() {
        TrainedRun run = TrainedRun.get();

        CommandRun resumed = CommandRun.of("train", "--resume", "--run", run.folder.toString(), "--json");

        assertThat(resumed.exitCode()).isZero();
        assertThat(resumed.err()).contains("complete already", "--epochs");
        assertThat(resumed.json().get("testAccuracy").asDouble())
                .isEqualTo(run.training.json().get("testAccuracy").asDouble());
    }

    @Test
    void resumingWithOtherSettingsIsRefused() {
        CommandRun run = CommandRun.of(
                "train", "--resume", "--run", TrainedRun.get().folder.toString(), "--learning-rate", "0.5");

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("--learning-rate 0.5", "started with 0.05");
    }

    @Test
    void trainsOnFromWeights() {
        CommandRun run = train(
                "--epochs",
                "1",
                "--weights",
                TrainedRun.get().folder.resolve("final.safetensors").toString(),
                "--learning-rate",
                "0.001",
                "--run",
                at("on"));

        assertThat(run.json().get("testAccuracy").asDouble()).isGreaterThan(0.9);
    }

    @Test
    void weightsOfAnotherModelAreRefused() {
        CommandRun run = train(
                "--model",
                "mlp",
                "--weights",
                TrainedRun.get().folder.resolve("final.safetensors").toString(),
                "--run",
                at("other"));

        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(lastLine(run)).startsWith("tandem: ").contains("weights of lenet5", "--model lenet5");
        assertThat(folder.resolve("other")).doesNotExist();
    }

    @Test
    void splitKeepsATenthOfTheTrainingImagesApart() {
        CommandRun run = train("--epochs", "1", "--validate-on", "split", "--run", at("split"));

        assertThat(run.err()).contains("461 images", "51 to validate on", "validation: loss");
        assertThat(run.json().get("testAccuracy").isNumber()).isTrue();
    }

    @Test
    void imagesAreScaledWhenAskedFor() {
        CommandRun run = train("--epochs", "1", "--image-size", "20", "--run", at("scaled"));

        assertThat(run.err()).contains("1×20×20");
        CommandRun eval = CommandRun.of("eval", at("scaled"), "--json");
        assertThat(eval.json().get("top1").asDouble())
                .isEqualTo(run.json().get("testAccuracy").asDouble());
    }

    @ParameterizedTest
    @EnumSource(Optimizers.class)
    void everyOptimizerLearns(Optimizers optimizer) {
        CommandRun run = train(
                "--model",
                "mlp",
                "--epochs",
                "2",
                "--optimizer",
                optimizer.toString(),
                "--run",
                at(optimizer.toString()));

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.json().get("trainLoss").asDouble()).isLessThan(2.5);
    }

    @ParameterizedTest
    @EnumSource(Schedules.class)
    void everyScheduleRunsWithWarmUp(Schedules schedule) {
        CommandRun run = train(
                "--model",
                "linear",
                "--epochs",
                "2",
                "--warmup",
                "0.5",
                "--schedule",
                schedule.toString(),
                "--run",
                at(schedule.toString()));

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(RunFolder.at(folder.resolve(schedule.toString())).readConfig())
                .containsEntry("schedule", schedule.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--model lenet6|did you mean lenet5",
                "--epoch 3|did you mean --epochs",
                "--batch 0|use a whole number of 1 or more",
                "--batch 513|has 512 images to train on",
                "--learning-rate -0.1|-0.1 given; use a number above 0",
                "--learning-rate NaN|NaN given; use a number",
                "--epochs 0|use a whole number of 1 or more",
                "--epochs 1.5|1.5 given",
                "--momentum 1|use a number from 0 to below 1",
                "--optimizer adam --momentum 0.9|adam has none",
                "--optimizer sdg|sdg",
                "--schedule cosin|cosin given; use one of constant, cosine, step, multi-step,",
                "--warmup 5 --epochs 2|nothing would be left",
                "--seed one|one",
                "--weights missing.safetensors|there is no such file",
                "--device tpu|there is no such kind",
                "--image-size 3|too small",
                "--batch 513 --image-size 3|too small",
                "--batch 513 --set heads=2|heads",
                "--batch 513 --classes 3|--classes 3",
                "--resume --run no-such-folder|no such folder to resume from",
                "--epochs 2 --epochs 8|option --epochs is given twice",
                "--model mlp --batch 2 --model mlp|option --model is given twice",
                "--deterministic --batch 2 --deterministic|option --deterministic is given twice",
                "--threads 1 --batch 2 --threads 2|option --threads is given twice",
                "stray|stray",
            })
    void mistakesOfTheCommandLineEndWithCodeTwo(String arguments, String message) {
        List<String> all = new ArrayList<>(List.of("train", "--data", data.toString()));
        if (!arguments.contains("--run")) {
            all.addAll(List.of("--run", at("never")));
        }
        all.addAll(List.of(arguments.split(" ")));

        CommandRun run = CommandRun.of(all.toArray(new String[0]));

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains(message);
        assertThat(folder.resolve("never")).doesNotExist();
    }

    @Test
    void missingDataFolderIsAUsageError() {
        CommandRun run = CommandRun.of("train", "--data", at("nowhere"));

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("nowhere", "no such folder");
    }

    @Test
    void dataFolderWithoutKnownFilesSaysWhatWasLookedFor() throws IOException {
        Files.createDirectories(folder.resolve("empty"));

        CommandRun run = CommandRun.of("train", "--data", at("empty"));

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("train-images-idx3-ubyte", "data_batch_1.bin");
    }

    @Test
    void damagedDataNamesTheFileAndThePlace() throws IOException {
        Path damaged = SmallMnist.write(folder.resolve("damaged"), 20, 10);
        Path images = damaged.resolve("train-images-idx3-ubyte");
        Files.write(images, java.util.Arrays.copyOf(Files.readAllBytes(images), 1000));

        CommandRun run = CommandRun.of("train", "--data", damaged.toString());

        TandemCommandTest.assertOneLine(run, ExitCodes.FAILURE);
        assertThat(run.err()).contains(images.toString(), "byte 1000", "truncated");
    }

    @Test
    void fileInTheWayOfTheRunFolderIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "in the way");

        for (Path run : List.of(file, file.resolve("below"))) {
            CommandRun result = train("--run", run.toString());
            assertThat(result.exitCode()).isEqualTo(ExitCodes.FAILURE);
            assertThat(lastLine(result)).startsWith("tandem: run folder " + run).contains("--run");
        }
    }

    @Test
    void runFolderThatHoldsARunIsNotOverwritten() {
        CommandRun run = train("--run", TrainedRun.get().folder.toString());

        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(lastLine(run)).contains("holds a run already", "--resume");
    }

    @Test
    void tooLittleMemorySaysWhichBatchFits() {
        CommandRun run = train("--memory-limit", "2M", "--batch", "256", "--run", at("tight"));

        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(lastLine(run))
                .startsWith("tandem: a batch of 256 does not fit")
                .contains("--batch");
    }

    @Test
    void runThatEndedBeforeItsFirstCheckpointBeginsAnewWithItsSettings() {
        assertThat(train("--memory-limit", "2M", "--batch", "256", "--epochs", "1", "--run", at("early"))
                        .exitCode())
                .isEqualTo(ExitCodes.FAILURE);

        CommandRun run = train("--resume", "--run", at("early"), "--memory-limit", "1G");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("no checkpoint yet");
        assertThat(run.json().get("steps").asLong()).isEqualTo(2);
    }

    @Test
    void usualWarmupLeavesRoomInAShortRun() throws IOException {
        CommandRun run = train("--model", "resnet20", "--epochs", "1", "--batch", "256", "--run", at("short"));

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(RunFolder.at(folder.resolve("short")).readConfig().get("warmup"))
                .isEqualTo(0.1);
    }

    @Test
    void weightsMayBeARunFolderOrACheckpoint() {
        Path run = TrainedRun.get().folder;

        CommandRun fromRun = train("--weights", run.toString(), "--epochs", "1", "--run", at("fromRun"));
        CommandRun fromCheckpoint =
                train("--weights", lastCheckpoint(run).toString(), "--epochs", "1", "--run", at("fromCheckpoint"));

        assertThat(fromRun.exitCode()).as(fromRun.err()).isZero();
        assertThat(fromCheckpoint.exitCode()).as(fromCheckpoint.err()).isZero();
        // The last checkpoint has the final weights, so all goes the same way.
        assertThat(fromCheckpoint.json().get("trainLoss"))
                .isEqualTo(fromRun.json().get("trainLoss"));
    }

    private static Path lastCheckpoint(Path run) {
        String[] names = run.resolve("checkpoints").toFile().list();
        return run.resolve("checkpoints")
                .resolve(Arrays.stream(names).max(Comparator.naturalOrder()).orElseThrow());
    }

    @Test
    void learningRateThatIsTooHighEndsWithItsLikelyCause() {
        CommandRun run = train("--learning-rate", "1e6", "--schedule", "constant", "--run", at("diverged"));

        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(lastLine(run)).startsWith("tandem: step ").contains("learning rate", "--learning-rate");
    }

    @Test
    void cudaThatIsNotThereIsAnErrorNotAFallBack() {
        CommandRun run = train("--device", "cuda", "--run", at("gpu"));

        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(lastLine(run)).startsWith("tandem: device cuda");
    }

    private static CommandRun train(String... arguments) {
        List<String> all = new ArrayList<>(List.of("train", "--data", data.toString(), "--threads", "1", "--json"));
        all.addAll(List.of(arguments));
        return CommandRun.of(all.toArray(new String[0]));
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private static String lastLine(CommandRun run) {
        List<String> lines = run.err().lines().toList();
        return lines.get(lines.size() - 1);
    }
}
