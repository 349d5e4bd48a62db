package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Signals sent to a training in a process of its own. */
@Tag("slow")
@DisabledOnOs(OS.WINDOWS)
@Timeout(300)
class InterruptionTest {
    @TempDir
    Path folder;

    private Path tandem;
    private Process process;

    @BeforeEach
    void startTraining() throws Exception {
        assumeTrue(
                new ProcessBuilder("env", "--default-signal=INT", "true")
                                .start()
                                .waitFor()
                        == 0,
                "SKIPPED: this env cannot give a child its Ctrl-C back, which build servers take away");
        tandem = Distribution.make(folder.resolve("app"));
        Path data = SmallMnist.write(folder.resolve("digits"), 2048, 100);
        process = start(
                "train",
                "--data",
                data.toString(),
                "--threads",
                "1",
                "--batch",
                "64", // 32 steps an epoch
                "--epochs",
                "100000",
                "--schedule",
                "constant",
                "--run",
                "run",
                "--json");
        // Nobody reads on while it runs: its lines must fit into the pipe until it is stopped, which is soon.
        BufferedReader err = process.errorReader();
        String line = err.readLine();
        while (line != null && !line.startsWith("epoch 1/")) {
            line = err.readLine();
        }
        assertThat(line).as("the training's first epoch").isNotNull();
    }

    @AfterEach
    void endTraining() {
        process.destroyForcibly();
    }

    @Test
    void ctrlCSavesACheckpointAndTheRunGoesOn() throws Exception {
        signal("INT");

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(ExitCodes.INTERRUPTED);
        JsonNode stopped = new ObjectMapper().readTree(process.getInputStream());
        assertThat(stopped.get("completed").asBoolean()).isFalse();
        assertThat(stopped.get("steps").asLong()).isPositive();
        assertThat(checkpoints())
                .contains(String.format(
                        "step-%09d.safetensors", stopped.get("steps").asLong()));

        int epochs = stopped.get("epochs").asInt() + 1;
        Process resumed = start("train", "--resume", "--run", "run", "--epochs", Integer.toString(epochs), "--json");
        JsonNode result = new ObjectMapper().readTree(resumed.getInputStream());
        assertThat(resumed.waitFor()).isZero();
        assertThat(result.get("completed").asBoolean()).isTrue();
        assertThat(result.get("steps").asLong()).isEqualTo(32L * epochs);
        assertThat(folder.resolve("run/final.safetensors")).exists();
    }

    @Test
    void requestToTerminateSavesACheckpointToo() throws Exception {
        signal("TERM");

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
        assertThat(checkpoints()).isNotEmpty();
    }

    @Test
    void aLostTerminalSavesACheckpointToo() throws Exception {
        signal("HUP");
        signal("HUP"); // the system and the shell may both send one

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(129);
        assertThat(checkpoints()).isNotEmpty();
        JsonNode stopped = new ObjectMapper().readTree(process.getInputStream());
        assertThat(checkpoints())
                .contains(String.format(
                        "step-%09d.safetensors", stopped.get("steps").asLong()));
        assertThat(stopped.get("weights").asText()).endsWith("final.safetensors");
    }

    @Test
    void underNohupALostTerminalChangesNothing() throws Exception {
        process.destroyForcibly().waitFor();
        process = start(List.of("nohup"), "train", "--resume", "--run", "run", "--epochs", "100001", "--json");
        String line = process.errorReader().readLine();
        while (line != null && !line.startsWith("epoch ")) {
            line = process.errorReader().readLine();
        }
        signal("HUP");
        assertThat(process.errorReader().readLine()).as("it goes on").startsWith("epoch ");
        signal("TERM");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
    }

    private Process start(String... arguments) throws IOException {
        return start(List.of(), arguments);
    }

    private Process start(List<String> before, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.addAll(before);
        command.add(tandem.toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
        builder.environment().put("TANDEM_JAVA_HOME", System.getProperty("java.home"));
        return builder.start();
    }

    private void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    private List<String> checkpoints() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("run/checkpoints"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
