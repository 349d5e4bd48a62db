package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tandem.cuda.simulation.SimulatedCuda;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The command in a process of its own, from a folder of jars: on the simulated CUDA, with failures, and stopped half way. */
@Tag("slow")
@DisabledOnOs(OS.WINDOWS)
@Timeout(300)
class GpuCheckProcessTest {
    @TempDir
    Path folder;

    private Path tandem;
    private Path data;
    private Process process;

    @BeforeEach
    void makeDistribution() throws IOException {
        tandem = Distribution.make(folder.resolve("app"));
        data = SmallMnist.write(folder.resolve("digits"), 256, 64); // read faster than all of it
    }

    @AfterEach
    void endProcess() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    private void start(String failure, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "--default-signal=INT",
                tandem.toString(),
                "gpu-check",
                "--out",
                "report",
                "--data",
                data.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        builder.environment().put("TANDEM_JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("TANDEM_SIM_QUIET", "1");
        if (failure != null) {
            builder.environment().put("TANDEM_SIM_FAIL", failure);
        }
        process = builder.start();
    }

    private int onSimulatedCuda(String failure, String... arguments) throws IOException, InterruptedException {
        assumeTrue(SimulatedCuda.isPossible(), "SKIPPED: CUDA cannot be simulated here");
        List<String> all =
                new ArrayList<>(List.of("--cuda-home", SimulatedCuda.folder().toString()));
        all.addAll(List.of(arguments));
        start(failure, all.toArray(String[]::new));
        process.errorReader().lines().forEach(line -> {});
        return process.waitFor();
    }

    private JsonNode report() throws IOException {
        return new ObjectMapper()
                .readTree(folder.resolve("report/gpu-check.json").toFile());
    }

    @Test
    void theSimulatedGpuPasses() throws Exception {
        int exitCode = onSimulatedCuda(
                null,
                "--tests",
                "CastConformance",
                "--epochs",
                "0",
                "--compare-steps",
                "3",
                "--batch",
                "4",
                "--flat-steps",
                "20",
                "--networks",
                "linear",
                "--timed-steps",
                "2");

        JsonNode report = report();
        assertThat(exitCode).as(report.toPrettyString()).isZero();
        assertThat(report.at("/sections/machine/facts/device").asText()).isEqualTo("cuda:0, Simulated GPU, 4.0 GiB");
        assertThat(report.at("/sections/machine/facts").toString())
                .contains("NVIDIA driver", "NVRTC", "cuBLAS", "cuDNN", "9.5.1");
        assertThat(report.at("/sections/conformance/passed").asInt()).isGreaterThan(5);
        assertThat(report.at("/sections/throughput/rows/0/network").asText()).isEqualTo("linear");
        assertThat(folder.resolve("report/gpu-check.md")).content().startsWith("# gpu-check of cuda: passed");
    }

    /** Every process loses its device at the 300th launch. */
    @Test
    void aLostDeviceIsReportedAndTheRestRunsInANewProcess() throws Exception {
        int exitCode = onSimulatedCuda(
                "cuLaunchKernel:300:700",
                "--only",
                "conformance,flatness",
                "--tests",
                "SoftmaxConformance|LayerNormConformance",
                "--flat-steps",
                "1",
                "--batch",
                "2");

        JsonNode report = report();
        JsonNode conformance = report.at("/sections/conformance");
        assertThat(exitCode).isEqualTo(ExitCodes.FAILURE);
        assertThat(report.get("ok").asBoolean()).isFalse();
        assertThat(conformance.get("state").asText()).isEqualTo("failed");
        assertThat(conformance.at("/failures/0/text").asText())
                .contains("CUDA_ERROR_ILLEGAL_ADDRESS", "the device is lost");
        assertThat(conformance.get("losses")).isNotEmpty();
        assertThat(conformance.get("passed").asInt()).isPositive();
        assertThat(report.at("/sections/flatness/state").asText())
                .as("too short to lose the device")
                .isEqualTo("passed");
        assertThat(folder.resolve("report/gpu-check.md"))
                .content()
                .contains(
                        "FAILED",
                        "went on in a new process: "
                                + conformance.at("/losses/0").asText());
    }

    @Test
    void ctrlCHalfWayLeavesAReportOfWhatWasFound() throws Exception {
        startAndWaitForFlatness();
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(ExitCodes.INTERRUPTED);
        assertThat(report().get("state").asText()).isEqualTo("interrupted");
        assertThat(report().at("/sections/flatness/state").asText()).isEqualTo("interrupted");
        assertFound();
    }

    @Test
    void aKillHalfWayLosesNothingEither() throws Exception {
        startAndWaitForFlatness();
        Optional<ProcessHandle> worker = Optional.empty();
        while (worker.isEmpty()) { // it starts just after that line
            worker = process.children().findFirst();
            Thread.onSpinWait();
        }
        process.destroyForcibly().waitFor();

        assertThat(report().get("state").asText()).isEqualTo("running");
        assertFound();
        assertThat(worker.get().onExit().orTimeout(60, TimeUnit.SECONDS).join())
                .as("the process that computed ends by itself")
                .isNotNull();
    }

    private void startAndWaitForFlatness() throws Exception {
        assumeTrue(
                new ProcessBuilder("env", "--default-signal=INT", "true")
                                .start()
                                .waitFor()
                        == 0,
                "SKIPPED: this env cannot give a child its Ctrl-C back, which build servers take away");
        start(
                null,
                "--device",
                "cpu",
                "--only",
                "training,flatness,throughput",
                "--epochs",
                "0",
                "--compare-steps",
                "2",
                "--batch",
                "8",
                "--flat-steps",
                "100000000");
        BufferedReader err = process.errorReader();
        String line = err.readLine();
        while (line != null && !line.startsWith("flatness: ")) {
            line = err.readLine();
        }
        assertThat(line).isNotNull();
    }

    private void assertFound() throws IOException {
        assertThat(report().at("/sections/training/state").asText()).isEqualTo("passed");
        assertThat(report().at("/sections/training/rows").size()).isEqualTo(2);
        assertThat(report().at("/sections/throughput/state").asText()).isEqualTo("not-run");
        assertThat(Files.readString(folder.resolve("report/gpu-check.md"))).contains("| 2 |");
    }
}
