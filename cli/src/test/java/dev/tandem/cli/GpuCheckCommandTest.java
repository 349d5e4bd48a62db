package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tandem.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command on the CPU, which every machine has. */
@Tag("slow")
class GpuCheckCommandTest {
    @TempDir
    Path folder;

    private CommandRun run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("gpu-check", "--out", folder.toString()));
        all.addAll(List.of(arguments));
        return CommandRun.of(all.toArray(String[]::new));
    }

    private JsonNode written() throws IOException {
        return new ObjectMapper().readTree(folder.resolve(CheckReport.JSON).toFile());
    }

    @Test
    void theCpuPassesAndBothReportsSaySo() throws IOException {
        Path data = SmallMnist.write(folder.resolve("digits"), 256, 64);

        CommandRun run = run(
                "--device",
                "cpu",
                "--json",
                "--tests",
                "CastConformance",
                "--data",
                data.toString(),
                "--epochs",
                "0",
                "--compare-steps",
                "3",
                "--batch",
                "16",
                "--flat-steps",
                "40",
                "--networks",
                "lenet5",
                "--timed-steps",
                "2");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.json()).isEqualTo(written());
        assertThat(written().at("/ok").asBoolean()).isTrue();
        JsonNode sections = written().get("sections");
        assertThat(sections.at("/machine/facts/oneDNN").asText()).isNotEmpty();
        assertThat(sections.at("/conformance/passed").asInt())
                .isGreaterThan(5)
                .isEqualTo(sections.at("/conformance/operations/Cast/passed").asInt());
        assertThat(sections.at("/training/rows").size()).isEqualTo(3);
        assertThat(sections.at("/flatness/rows").size()).isEqualTo(10);
        assertThat(sections.at("/throughput/rows/0/images~1s").asDouble()).isPositive();
        assertThat(Files.readString(folder.resolve(CheckReport.TEXT)))
                .startsWith("# gpu-check of cpu: passed")
                .contains("This checked the CPU backend, not a GPU", "| lenet5 | 1×28×28 | 128 |");
    }

    @Test
    void aNetworkThatLearnsTooLittleOfTheDataThatShipsFails() throws IOException {
        CommandRun run = run(
                "--device", "cpu", "--only", "training", "--compare-steps", "1", "--batch", "5000", "--epochs", "1");

        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(run.err()).contains("training: FAILED accuracy");
        assertThat(run.out()).contains("gpu-check of cpu: FAILED", "at least 99.00 % is wanted");
        assertThat(written().at("/sections/training/failures/0/item").asText()).isEqualTo("accuracy");
    }

    @Test
    void theAccuracyOnOtherDataIsStatedAndNotJudged() throws IOException {
        Path data = SmallMnist.write(folder.resolve("digits"), 512, 100);

        CommandRun run = run(
                "--device",
                "cpu",
                "--only",
                "training",
                "--compare-steps",
                "2",
                "--data",
                data.toString(),
                "--epochs",
                "1");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(written().at("/sections/training/facts/testAccuracy").asDouble(1))
                .isLessThan(0.99);
        assertThat(run.err()).contains("of the test images after 1 epoch", "no accuracy is expected of other data");
    }

    @Test
    void aMachineWithoutAGpuFailsAtOnceAndWritesNothing() {
        assumeTrue(Device.available().stream().noneMatch(device -> device.name().startsWith("cuda")), "a GPU is here");

        CommandRun run = run();

        TandemCommandTest.assertOneLine(run, ExitCodes.FAILURE);
        assertThat(run.err()).contains("tandem: device cuda: ", "(tandem doctor tells more)");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void dataThatDoNotFitAreRefusedBeforeAnythingIsWritten() throws IOException {
        Path data = SmallMnist.write(folder.resolve("digits"), 100, 10);

        CommandRun run = CommandRun.of(
                "gpu-check",
                "--device",
                "cpu",
                "--data",
                data.toString(),
                "--out",
                folder.resolve("out").toString());

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("--batch 128", "has 100 images to train on");
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void noTestOfThatNameFails() {
        CommandRun run = run("--device", "cpu", "--only", "conformance", "--tests", "Abacus");

        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(run.err()).contains("no test was found whose name contains Abacus");
    }

    @Test
    void anEarlierReportIsNotOverwritten() throws IOException {
        Path earlier = Files.writeString(folder.resolve(CheckReport.TEXT), "of last week");

        CommandRun run = run("--device", "cpu");

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains(folder.toString(), "an earlier report is there");
        assertThat(earlier).hasContent("of last week");
    }

    @Test
    void theTimeLimitEndsItWithWhatWasFound() throws IOException {
        CommandRun run =
                run("--device", "cpu", "--only", "flatness", "--flat-steps", "100000000", "--time-limit", "4s");

        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(written().at("/state").asText()).isEqualTo("time-up");
        assertThat(written().at("/sections/flatness/state").asText()).isEqualTo("time-up");
    }

    @ParameterizedTest
    @CsvSource({
        "--device, auto, 'it never chooses by itself'",
        "--only, speed, '--only'",
        "--data, /nowhere, '/nowhere'",
        "--tests, (, 'it is no regular expression'",
        "--time-limit, soon, 'use a time such as 90s, 20m or 1h'"
    })
    void mistakesAreSaidInOneLine(String option, String value, String message) {
        CommandRun run = option.equals("--device") ? run(option, value) : run("--device", "cpu", option, value);

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains(message);
    }
}
