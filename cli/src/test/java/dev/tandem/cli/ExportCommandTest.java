package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the files compute is tested in the onnx module. */
class ExportCommandTest {
    @TempDir
    Path folder;

    private String out(String name) {
        return folder.resolve(name).toString();
    }

    private static String trainedRun() {
        return TrainedRun.get().folder.toString();
    }

    @Test
    void onnxOfARunHoldsItsWeightsAndHowToPrepareImages() throws IOException {
        JsonNode result = CommandRun.of("export", trainedRun(), "--out", out("digits.onnx"), "--json")
                .json();

        assertThat(result.get("format").asText()).isEqualTo("onnx");
        assertThat(result.get("imageShape").toString()).isEqualTo("[1,28,28]");
        assertThat(result.get("opset").asInt()).isGreaterThanOrEqualTo(17);
        ModelProto model = ModelProto.parseFrom(Files.readAllBytes(folder.resolve("digits.onnx")));
        Map<String, HostTensor> trained =
                SafeTensors.read(Path.of(trainedRun(), "final.safetensors")).tensors();
        for (TensorProto parameter : model.getGraph().getInitializerList()) {
            if (trained.containsKey(parameter.getName())) {
                assertThat(parameter.getRawData().asReadOnlyByteBuffer())
                        .isEqualTo(trained.get(parameter.getName()).data().asByteBuffer());
            }
        }
        assertThat(model.getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsAll(trained.keySet());
        assertThat(model.getMetadataPropsList())
                .extracting(StringStringEntryProto::getKey)
                .contains("tandem.classes", "tandem.mean", "tandem.scale");
    }

    @Test
    void safetensorsAreTheSameNetworkAgain() {
        String file = out("copy.safetensors");
        CommandRun run = CommandRun.of("export", trainedRun(), "--out", file);

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("lenet5, safetensors, 10 tensors");
        JsonNode copied = CommandRun.of(
                        "eval", file, "--data", TrainedRun.get().data.toString(), "--json")
                .json();
        JsonNode original = CommandRun.of("eval", trainedRun(), "--json").json();
        assertThat(copied.get("loss")).isEqualTo(original.get("loss"));
    }

    @Test
    void aNetworkByNameTakesItsOwnSettings() {
        CommandRun run = CommandRun.of(
                "export",
                "vit_custom",
                "--set",
                "layers=1",
                "--image-size",
                "16",
                "--classes",
                "3",
                "--out",
                out("vit.onnx"));

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("vit_custom", "input [batch, 3, 16, 16], output [batch, 3]");
        assertThat(run.err()).contains("random start values");
    }

    @Test
    void weightsOfAnotherNetworkAreRefused() {
        String weights = Path.of(trainedRun(), "final.safetensors").toString();
        CommandRun named = CommandRun.of("export", "mlp", "--weights", weights, "--out", out("mlp.onnx"));
        TandemCommandTest.assertOneLine(named, ExitCodes.USAGE);
        assertThat(named.err()).contains("weights of lenet5");

        Path bare = folder.resolve("bare.safetensors");
        SafeTensors.write(bare, SafeTensors.read(Path.of(weights)).tensors(), Map.of());
        CommandRun unnamed = CommandRun.of("export", "mlp", "--weights", bare.toString(), "--out", out("mlp.onnx"));
        assertThat(unnamed.exitCode()).isEqualTo(ExitCodes.FAILURE);
        TandemCommandTest.assertOneLine(unnamed, ExitCodes.FAILURE);
        assertThat(unnamed.err())
                .contains("do not fit the network: 0 of its")
                .contains("they look like weights of lenet5_1998 or lenet5 (10 of its 10 parameters fit); use that");
        assertThat(folder.resolve("mlp.onnx")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({
        "googlenet, '127.5,127.5,127.5', 256, bilinear",
        "inception_v3, '127.5,127.5,127.5', 342, bilinear",
        "efficientnet_b0, '123.675,116.28,103.53', 256, bicubic",
        "mobilenet_v2_tf, '128.0,128.0,128.0', 256, bilinear"
    })
    void onnxSaysHowImagesArePreparedForPublishedWeights(String model, String mean, String resize, String interpolation)
            throws IOException {
        CommandRun run = CommandRun.of("export", model, "--out", out("net.onnx"));

        assertThat(run.exitCode()).as(run.err()).isZero();
        Map<String, String> metadata = new HashMap<>();
        ModelProto.parseFrom(Files.readAllBytes(folder.resolve("net.onnx")))
                .getMetadataPropsList()
                .forEach(each -> metadata.put(each.getKey(), each.getValue()));
        assertThat(metadata)
                .containsEntry("tandem.mean", mean)
                .containsEntry("tandem.resize", resize)
                .containsEntry("tandem.interpolation", interpolation);
        float scale = Float.parseFloat(metadata.get("tandem.scale").split(",")[0]);
        float expected = mean.startsWith("127") ? 1 / 127.5f : mean.startsWith("128") ? 1 / 128f : 1 / (0.229f * 255);
        assertThat(scale).isCloseTo(expected, within(1e-8f));
    }

    /** Torchvision's own densenet files are older than its names, and may lie in a script's checkpoint. */
    @Test
    void historicalNamesBehindAPrefixAreExportedUnderTodays() {
        assertThat(CommandRun.of("export", "vit_custom", "--out", out("new.safetensors"))
                        .exitCode())
                .isZero();
        Map<String, HostTensor> tensors =
                SafeTensors.read(folder.resolve("new.safetensors")).tensors();
        Map<String, HostTensor> old = new LinkedHashMap<>();
        tensors.forEach((name, tensor) ->
                old.put("module." + name.replace("mlp.0", "mlp.linear_1").replace("mlp.3", "mlp.linear_2"), tensor));
        SafeTensors.write(folder.resolve("old.safetensors"), old, Map.of());

        CommandRun run = CommandRun.of(
                "export", "vit_custom", "--weights", out("old.safetensors"), "--out", out("again.safetensors"));

        assertThat(run.exitCode()).as(run.err()).isZero();
        Map<String, HostTensor> again =
                SafeTensors.read(folder.resolve("again.safetensors")).tensors();
        tensors.forEach((name, tensor) ->
                assertThat(again.get(name).contentEquals(tensor)).as(name).isTrue());
    }

    @Test
    void anotherNumberOfClassesIsNamed() {
        assertThat(CommandRun.of("export", "lenet5", "--classes", "5", "--out", out("five.safetensors"))
                        .exitCode())
                .isZero();
        Map<String, HostTensor> five =
                SafeTensors.read(folder.resolve("five.safetensors")).tensors();
        SafeTensors.write(folder.resolve("bare.safetensors"), five, Map.of());

        CommandRun run =
                CommandRun.of("export", "lenet5", "--weights", out("bare.safetensors"), "--out", out("net.onnx"));

        TandemCommandTest.assertOneLine(run, ExitCodes.FAILURE);
        assertThat(run.err()).contains("they are for 5 classes; say so with --classes 5");
    }

    @Test
    void sizesThatTheFileContradictsAreAUsageError() {
        CommandRun run = CommandRun.of("export", trainedRun(), "--classes", "11", "--out", out("digits.onnx"));

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("--classes 11", "for 10");
    }

    @Test
    void anUnknownFormatIsAUsageError() {
        CommandRun named = CommandRun.of("export", "lenet5", "--format", "tflite", "--out", out("net"));
        TandemCommandTest.assertOneLine(named, ExitCodes.USAGE);
        assertThat(named.err()).contains("tflite", "onnx, safetensors");

        CommandRun unnamed = CommandRun.of("export", "lenet5", "--out", out("net.bin"));
        TandemCommandTest.assertOneLine(unnamed, ExitCodes.USAGE);
        assertThat(unnamed.err()).contains("net.bin", "--format");
    }

    @Test
    void aPlaceThatCannotBeWrittenIsNamed() {
        for (String format : new String[] {"onnx", "safetensors"}) {
            CommandRun run = CommandRun.of("export", trainedRun(), "--out", out("nowhere/net." + format));

            TandemCommandTest.assertOneLine(run, ExitCodes.FAILURE);
            assertThat(run.err()).contains("nowhere", "its folder does not exist");
        }
    }

    @Test
    void whatIsNeitherFileNorNetworkIsAUsageError() {
        CommandRun run = CommandRun.of("export", "resnet8", "--out", out("net.onnx"));

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("resnet8", "tandem models");
    }
}
