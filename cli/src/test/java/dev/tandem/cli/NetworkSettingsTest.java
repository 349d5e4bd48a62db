package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import dev.tandem.trainer.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --set}: a network's own settings go with it wherever it goes. */
class NetworkSettingsTest {
    private static final Map<String, String> SETTINGS =
            Map.of("patch", "7", "layers", "1", "heads", "2", "hidden", "16", "mlp", "24");

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path data;
    private static Path trained;
    private static double accuracy;

    @BeforeAll
    static void trainOnce() {
        data = SmallMnist.write(shared.resolve("digits"), 128, 50);
        trained = shared.resolve("trained");
        CommandRun run = train(
                "vit_custom",
                trained,
                "--set",
                "patch=7",
                "--set",
                "layers=1",
                "--set",
                "heads=2",
                "--set",
                "hidden=16",
                "--set",
                "mlp=24");
        assertThat(run.exitCode()).as(run.err()).isZero();
        accuracy = run.json().get("testAccuracy").asDouble();
    }

    private static CommandRun train(String model, Path run, String... more) {
        List<String> all = new ArrayList<>(List.of("train", "--model", model, "--run", run.toString(), "--json"));
        all.addAll(List.of("--data", data.toString(), "--epochs", "1", "--schedule", "constant"));
        all.addAll(List.of("--batch", "64", "--threads", "1", "--device", "cpu"));
        all.addAll(List.of(more));
        return CommandRun.of(all.toArray(new String[0]));
    }

    @Test
    void theConfigurationRecordsThem() {
        assertThat(RunFolder.at(trained).readConfig()).containsEntry("set", SETTINGS);
    }

    @Test
    void weightsAndCheckpointsAreOfThatNetwork() throws IOException {
        Path weights = trained.resolve("final.safetensors");
        assertThat(SafeTensors.read(weights)
                        .tensors()
                        .get("encoder.layers.encoder_layer_0.mlp.0.weight")
                        .shape())
                .isEqualTo(Shape.of(24, 16));
        try (var checkpoints = Files.list(trained.resolve("checkpoints"))) {
            for (Path file : List.of(trained, weights, checkpoints.findFirst().orElseThrow())) {
                CommandRun eval = CommandRun.of("eval", file.toString(), "--data", data.toString(), "--json");
                assertThat(eval.exitCode()).as(eval.err()).isZero();
                assertThat(eval.json().get("top1").asDouble()).isEqualTo(accuracy);
            }
        }
    }

    @Test
    void exportsKeepThem() {
        String out = folder.resolve("out.safetensors").toString();
        assertThat(CommandRun.of("export", trained.toString(), "--out", out).exitCode())
                .isZero();
        CommandRun eval = CommandRun.of("eval", out, "--data", data.toString(), "--json");
        assertThat(eval.json().get("top1").asDouble()).isEqualTo(accuracy);
        String onnx = folder.resolve("out.onnx").toString();
        assertThat(CommandRun.of("export", trained.toString(), "--out", onnx).exitCode())
                .isZero();
    }

    @Test
    void aRunGoesOnWithThem() {
        Path run = folder.resolve("parts");
        train("vit_custom", run, "--set", "layers=1", "--set", "patch=7");

        CommandRun other = CommandRun.of("train", "--resume", "--run", run.toString(), "--set", "layers=2");
        TandemCommandTest.assertOneLine(other, ExitCodes.USAGE);
        assertThat(other.err()).contains("--set {layers=2}", "was started with");

        CommandRun resumed = CommandRun.of("train", "--resume", "--run", run.toString(), "--epochs", "2", "--json");
        assertThat(resumed.exitCode()).as(resumed.err()).isZero();
        assertThat(resumed.json().get("epochs").asInt()).isEqualTo(2);
    }

    /** As runs were written before there were settings. */
    @Test
    void aRunWithoutThemGoesOn() throws IOException {
        Path run = folder.resolve("old");
        train("linear", run);
        Path config = run.resolve("config.yaml");
        List<String> lines = Files.readAllLines(config);
        assertThat(lines.removeIf(line -> line.startsWith("set:"))).isTrue();
        Files.write(config, lines);

        CommandRun resumed = CommandRun.of("train", "--resume", "--run", run.toString(), "--epochs", "2", "--json");

        assertThat(resumed.exitCode()).as(resumed.err()).isZero();
        assertThat(resumed.json().get("epochs").asInt()).isEqualTo(2);
    }

    @Test
    void mistakesAreNamedBeforeAnythingIsWritten() {
        for (List<String> each : List.of(
                List.of("lenet5", "layers=2", "lenet5: it has no setting layers"),
                List.of("mobilenet_v2", "width=wide", "width=wide: must be a positive number"),
                List.of("vit_custom", "layer=2", "vit_custom: it has no setting layer; it has "),
                List.of("vit_custom", "layers", "layers"))) {
            CommandRun run = train(each.get(0), folder.resolve("never"), "--set", each.get(1));
            TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
            assertThat(run.err()).contains(each.get(2));
        }
        CommandRun run = CommandRun.of(
                "export",
                trained.toString(),
                "--set",
                "layers=3",
                "--out",
                folder.resolve("x.onnx").toString());
        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("--set layers=3", "with layers=1; leave it out");
        assertThat(folder).isEmptyDirectory();
    }

    /** Nothing else reaches the auxiliary heads: without their losses they keep their start values. */
    @Test
    void auxiliaryHeadsAreTrained() {
        Path run = folder.resolve("googlenet");
        CommandRun training = train("googlenet", run, "--weight-decay", "0", "--learning-rate", "0.01");
        assertThat(training.exitCode()).as(training.err()).isZero();
        assertThat(run.resolve("final.safetensors"))
                .as(training.err() + training.out())
                .exists();
        Map<String, HostTensor> after =
                SafeTensors.read(run.resolve("final.safetensors")).tensors();
        try (Device device = Device.open("cpu")) {
            Module network = Models.get("googlenet").build(new ModelOptions(10, 1, 28));
            network.initialize(device, 0);
            network.parameters().forEach((name, parameter) -> {
                if (name.matches("aux[12]\\.fc2\\.weight|fc\\.weight")) {
                    assertThat(after.get(name).contentEquals(Weights.toHost(parameter.value())))
                            .as(name)
                            .isFalse();
                }
            });
        }
        assertThat(after).containsKeys("aux1.fc2.weight", "aux2.fc2.weight");
    }
}
