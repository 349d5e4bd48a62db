package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalCommandTest {
    @TempDir
    Path folder;

    @Test
    void runFolderIsMeasuredOnTheDataItWasTrainedOn() {
        TrainedRun run = TrainedRun.get();

        JsonNode result = CommandRun.of("eval", run.folder.toString(), "--json").json();

        assertThat(result.get("images").asInt()).isEqualTo(500);
        assertThat(result.get("top1").asDouble())
                .isEqualTo(run.training.json().get("testAccuracy").asDouble());
        assertThat(result.get("top5").asDouble())
                .isGreaterThan(result.get("top1").asDouble());
        assertThat(result.get("loss").asDouble()).isPositive();
        assertThat(result.get("model").asText()).isEqualTo("lenet5");
    }

    @Test
    void classesAddUpToTheWhole() {
        JsonNode result = CommandRun.of("eval", TrainedRun.get().folder.toString(), "--json")
                .json();

        long images = 0;
        double right = 0;
        for (JsonNode each : result.get("classes")) {
            images += each.get("images").asLong();
            right += each.get("images").asLong() * each.get("accuracy").asDouble();
        }
        assertThat(result.get("classes")).hasSize(10);
        assertThat(images).isEqualTo(500);
        assertThat(Math.round(right))
                .isEqualTo(Math.round(500 * result.get("top1").asDouble()));
    }

    @Test
    void textHasALineForEachClass() {
        CommandRun run = CommandRun.of("eval", TrainedRun.get().folder.toString(), "--split", "train");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("6,000 images", "among the first five", "class  images", "taken for");
    }

    @Test
    void missingWeightsAreAUsageError() {
        CommandRun run =
                CommandRun.of("eval", folder.resolve("none.safetensors").toString());

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("none.safetensors", "no such file or folder");
    }

    @Test
    void folderWithoutWeightsSaysSo() {
        CommandRun run = CommandRun.of("eval", folder.toString());

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("final.safetensors");
    }

    @Test
    void fileThatIsNoSafetensorsIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("notes.safetensors"), "these are no weights at all");

        CommandRun run = CommandRun.of("eval", file.toString());

        TandemCommandTest.assertOneLine(run, ExitCodes.FAILURE);
        assertThat(run.err()).contains(file.toString(), "no safetensors file");
    }

    @Test
    void alteredWeightsAreRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(TrainedRun.get().folder.resolve("final.safetensors"));
        bytes[bytes.length - 100] ^= 1;
        Path file = Files.write(folder.resolve("altered.safetensors"), bytes);

        CommandRun run = CommandRun.of("eval", file.toString());

        TandemCommandTest.assertOneLine(run, ExitCodes.FAILURE);
        assertThat(run.err()).contains(file.toString(), "altered");
    }

    @Test
    void namingAnotherModelThanTheFilesIsAUsageError() {
        CommandRun run = CommandRun.of("eval", TrainedRun.get().folder.toString(), "--model", "mlp");

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("--model mlp", "weights of lenet5");
    }
}
