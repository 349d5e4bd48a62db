package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {
    @Test
    void jsonTellsSpeedAndMemory() {
        JsonNode result = CommandRun.of(
                        "bench", "--batch", "8", "--steps", "3", "--warmup", "1", "--threads", "1", "--json")
                .json();

        assertThat(result.get("model").asText()).isEqualTo("lenet5");
        assertThat(result.get("batch").asInt()).isEqualTo(8);
        assertThat(result.get("threads").asInt()).isEqualTo(1);
        assertThat(result.get("imagesPerSecond").asDouble()).isPositive();
        assertThat(result.get("stepMillis").asDouble())
                .isBetween(
                        result.get("stepMillisMin").asDouble(),
                        result.get("stepMillisP90").asDouble());
        assertThat(result.get("peakBytes").asLong()).isGreaterThan(61_706 * 4);
        assertThat(result.get("peakResidentBytes").asLong()).isNotNegative();
        assertThat(result.get("firstStepSeconds").asDouble()).isPositive();
    }

    @Test
    void textNamesTheNetworkAndItsSpeed() {
        CommandRun run = CommandRun.of("bench", "--model", "linear", "--batch", "4", "--steps", "2");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("linear, 4 images of 1×28×28 a step, on cpu", "images/s", "first step");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--batch 0|0 given; use a whole number of 1 or more",
                "--batch many|many given; use a whole number of 1 or more",
                "--steps -3|-3 given",
                "--warmup -1|-1 given; use a whole number of 0 or more",
                "--memory-limit lots|lots given; use a number of bytes, such as 800M or 2.5G",
                "--model resnet|did you mean resnet18",
                "--device tpu|device tpu: there is no such kind",
                "--image-size 4|images of 4×4 are too small",
                "--stepz 3|did you mean --steps",
            })
    void mistakesOfTheCommandLineEndWithCodeTwo(String arguments, String message) {
        CommandRun run = CommandRun.of(("bench " + arguments).split(" "));

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains(message);
    }

    @Test
    void theMemoryReportTellsWhatIsLiveAndWhichLineAskedForIt() {
        CommandRun run = CommandRun.of(
                "bench", "--device", "cpu", "--model", "mlp", "--batch", "2", "--steps", "1", "--memory-report");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err())
                .contains("memory of cpu: ", " live in ", " cached, the peak was ")
                .contains("FlatParameters.java:")
                .contains("kept for shapes that may come again: oneDNN primitives ");
    }

    @Test
    void cudaThatIsNotThereIsAnErrorNotAFallBack() {
        CommandRun run = CommandRun.of("bench", "--device", "cuda");

        TandemCommandTest.assertOneLine(run, ExitCodes.FAILURE);
        assertThat(run.err()).contains("device cuda");
    }

    @Test
    void tooLittleMemoryIsOneLine() {
        CommandRun run = CommandRun.of("bench", "--memory-limit", "100K", "--steps", "1");

        TandemCommandTest.assertOneLine(run, ExitCodes.FAILURE);
        assertThat(run.err()).contains("no room for", "102400 bytes");
    }
}
