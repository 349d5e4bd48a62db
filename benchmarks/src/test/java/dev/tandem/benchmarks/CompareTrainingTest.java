package dev.tandem.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CompareTrainingTest {
    private static final String FAKE = "{java} -cp {classpath} dev.tandem.benchmarks.FakeContender ";

    @Test
    void contenderAnswersEachCommandWithOneLineAndEndsAtQuit() throws IOException {
        var answers = new ByteArrayOutputStream();
        byte[] commands = "step 3\nstep 1\nquit\nstep 1\n".getBytes(StandardCharsets.UTF_8);
        ContenderServer.serve(() -> Float.NaN, new ByteArrayInputStream(commands), new PrintStream(answers));
        List<String> lines = answers.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).hasSize(2);
        JsonNode answer = new ObjectMapper().readTree(lines.get(0));
        assertThat(answer.get("millis")).hasSize(3);
        assertThat(answer.get("loss").asText()).isEqualTo("NaN");
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "peak memory is read from /proc")
    void driverLeavesOutWhoCannotStartSeesWhoIsFasterAndWritesBothFiles(@TempDir Path folder) throws IOException {
        Path json = folder.resolve("result.json");
        Path markdown = folder.resolve("result.md");
        // Steps of 40 and 5 ms: even a busy machine leaves the second more than twice as fast.
        String[] arguments = {
            "--contender=slow=" + FAKE + "40",
            "--contender=broken=false",
            "--contender=fast=" + FAKE + "5",
            "--case=lenet5",
            "--launches=2",
            "--rounds=3",
            "--turn-seconds=0.2",
            "--warmup-seconds=0.1",
            "--pause-millis=1",
            "--json=" + json,
            "--markdown=" + markdown
        };
        int exit = new CommandLine(new CompareTraining()).execute(arguments);
        assertThat(exit).isZero();
        JsonNode results = new ObjectMapper().readTree(json.toFile()).get("results");
        assertThat(results).hasSize(2);
        assertThat(results.get(0).get("speedRatio").asDouble()).isEqualTo(1);
        assertThat(results.get(0).get("turnMillis")).hasSize(2 * 3);
        assertThat(results.get(1).get("speedRatio").asDouble()).isBetween(2.0, 9.0);
        assertThat(results.get(1).get("peakRssMiB").asDouble()).isPositive();
        assertThat(Files.readString(markdown)).contains("| lenet5, 128 | slow |", "| lenet5, 128 | fast |");
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "peak memory is read from /proc")
    void whoDoesNotStartInALaterLaunchIsLeftOutAndTheOthersGoOn(@TempDir Path folder) throws IOException {
        Path starts = folder.resolve("starts");
        Path script = Files.writeString(
                folder.resolve("twice"),
                "echo >> " + starts + "\n[ $(wc -l < " + starts + ") -le 2 ] || exit 1\nexec \"$@\"\n");
        Path json = folder.resolve("result.json");
        String[] arguments = {
            "--contender=weak=/bin/sh " + script + " " + FAKE + "5",
            "--contender=strong=" + FAKE + "5",
            "--case=lenet5",
            "--launches=2",
            "--rounds=2",
            "--turn-seconds=0.05",
            "--warmup-seconds=0.05",
            "--pause-millis=1",
            "--json=" + json
        };
        int exit = new CommandLine(new CompareTraining()).execute(arguments);
        assertThat(exit).isZero();
        assertThat(Files.readAllLines(starts))
                .as("one unmeasured, two launches")
                .hasSize(3);
        JsonNode results = new ObjectMapper().readTree(json.toFile()).get("results");
        assertThat(results).hasSize(1);
        assertThat(results.get(0).get("contender").asText()).isEqualTo("strong");
        assertThat(results.get(0).get("turnMillis")).hasSize(2 * 2);
    }

    @Test
    void contenderThatDiesIsNamedWithItsCommand() {
        List<String> command = List.of("false");
        assertThatThrownBy(() -> new ContenderProcess(command)).hasMessageContaining("false");
    }

    @Test
    void unknownCaseListsTheKnownOnes() {
        assertThatThrownBy(() -> TrainingCase.named("lenet"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("resnet18_cifar");
    }
}
