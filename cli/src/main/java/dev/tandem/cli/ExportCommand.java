package dev.tandem.cli;

import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.Models;
import dev.tandem.nn.Weights;
import dev.tandem.onnx.OnnxModel;
import dev.tandem.tensor.Device;
import dev.tandem.trainer.NetworkSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tandem export}: a network as a file for other programs. */
@Command(
        name = "export",
        description = {
            "Writes a network for other programs: ONNX, which holds what it computes in evaluation mode for any number of"
                    + " images, or safetensors, which holds its weights under torchvision's names.",
            "Images must be given as the network was trained on them; the file's metadata says how (tandem.mean and"
                    + " tandem.scale, of pixels from 0 to 255)."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tandem export --out digits.onnx                 the newest run",
            "  tandem export runs/mine --out mine.safetensors",
            "  tandem export resnet18 --weights resnet18.pth --out resnet18.onnx"
        })
final class ExportCommand extends Subcommand {
    @Parameters(
            arity = "0..1",
            paramLabel = "NETWORK",
            description = "A network's name, a weights file or a run folder (default: the newest run in runs/).")
    private String network;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            required = true,
            description = "The file to write; one that is there is replaced.")
    private Path out;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES} (default: what the file's name ends with).")
    private FileFormat format;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description = "Weights for a network that is given by name: safetensors or PyTorch's, or a run folder"
                    + " (default: random start values).")
    private Path weights;

    @Mixin
    private RunWeights which = new RunWeights();

    @ArgGroup(validate = false, heading = "%nThe network, where no file tells:%n")
    private NetworkSize size = new NetworkSize();

    enum FileFormat {
        ONNX,
        SAFETENSORS;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public Integer call() {
        FileFormat wanted = format == null ? named(out) : format;
        try (Device device = Device.open("cpu")) {
            TrainedNetwork trained = open(device);
            trained.tellChoice(console(), which.use);
            NetworkSpec spec = trained.spec();
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("file", out.toString());
            result.put("format", wanted.toString());
            result.put("model", spec.model());
            result.put("imageShape", new int[] {spec.channels(), spec.height(), spec.width()});
            result.put("classes", spec.classes());
            String contents = wanted == FileFormat.ONNX ? writeOnnx(trained, result) : writeWeights(trained, result);
            result.put("bytes", size(out));
            console().result(result, out + ": " + spec.model() + ", " + contents + ", " + Format.bytes(size(out)));
        }
        return ExitCodes.OK;
    }

    private static FileFormat named(Path file) {
        for (FileFormat each : FileFormat.values()) {
            if (file.toString().toLowerCase(Locale.ROOT).endsWith("." + each)) {
                return each;
            }
        }
        throw new UsageException("--out " + file
                + ": its name does not tell the format; end it with .onnx or .safetensors, or use --format");
    }

    private TrainedNetwork open(Device device) {
        ModelEntry model = Models.all().stream()
                .filter(entry -> entry.name().equals(network))
                .findFirst()
                .orElse(null);
        if (model == null && weights != null) {
            throw new UsageException(
                    "--weights " + weights + ": it needs the network's name before it, such as resnet18;"
                            + " a run or a file of Tandem's is given without --weights");
        }
        if (model != null && weights == null) {
            console().note("no --weights: the file holds random start values");
            return TrainedNetwork.untrained(model, size, device);
        }
        Path file = TrainedNetwork.locate(model == null ? file() : weights, which.use);
        return TrainedNetwork.open(file, model, size, device, console());
    }

    private Path file() {
        if (network == null || Files.exists(Path.of(network))) {
            return network == null ? null : Path.of(network);
        }
        throw new UsageException(
                network + ": there is no such file or run folder, and no such network; tandem models lists all");
    }

    private String writeOnnx(TrainedNetwork trained, Map<String, Object> result) {
        NetworkSpec spec = trained.spec();
        OnnxModel model =
                OnnxModel.of(trained.network(), spec.toMetadata(), spec.channels(), spec.height(), spec.width());
        model.write(out);
        result.put("opset", OnnxModel.OPSET);
        result.put("nodes", model.nodes());
        result.put("tensors", model.parameters());
        return String.format(
                Locale.ROOT,
                "ONNX opset %d, input [batch, %d, %d, %d], output [batch, %d], %d nodes, %d parameters",
                OnnxModel.OPSET,
                spec.channels(),
                spec.height(),
                spec.width(),
                spec.classes(),
                model.nodes(),
                model.parameters());
    }

    private String writeWeights(TrainedNetwork trained, Map<String, Object> result) {
        Map<String, HostTensor> tensors = Weights.toHost(trained.network());
        SafeTensors.write(out, tensors, trained.spec().toMetadata());
        result.put("tensors", tensors.size());
        return "safetensors, " + tensors.size() + " tensors";
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": was written and cannot be read: " + e.getMessage(), e);
        }
    }
}
