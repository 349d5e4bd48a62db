package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.nn.Module;
import dev.tandem.nn.Summary;
import dev.tandem.nn.functional.InputShapeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tandem summary MODEL}: a network layer by layer. */
@Command(
        name = "summary",
        description = {
            "Shows a network layer by layer: output shape, parameters, multiply-adds, memory.",
            "Computes nothing, so it takes the same time for every network."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  tandem summary alexnet", "  tandem summary resnet18 --image-size 160 --classes 5 --batch 32"})
final class SummaryCommand extends Subcommand {
    @Parameters(
            paramLabel = "MODEL",
            converter = Values.Model.class,
            completionCandidates = Values.ModelNames.class,
            description = "The network's name; tandem models lists all.")
    private ModelEntry model;

    @Option(
            names = "--batch",
            paramLabel = "N",
            converter = Values.AtLeastOne.class,
            description = "Images at once (default: 1).")
    private Integer batch;

    @ArgGroup(validate = false, heading = "%nThe network:%n")
    private NetworkSize size = new NetworkSize();

    @Override
    public Integer call() {
        ModelOptions options = size.of(model);
        Module network = NetworkSize.build(model, options);
        long[] input = {batch == null ? 1 : batch, options.channels(), options.imageSize(), options.imageSize()};
        Summary summary = Summary.of(network, input);
        Training training = Training.of(network, input);
        List<Map<String, Object>> layers = new ArrayList<>();
        for (Summary.Row row : summary.rows()) {
            if (row.isLeaf() || row.parameters() > 0 || row.multiplyAdds() > 0) {
                Map<String, Object> layer = new LinkedHashMap<>();
                layer.put("name", row.path());
                layer.put("kind", row.kind());
                layer.put("description", row.description());
                layer.put("outputShape", row.output().toArray());
                layer.put("parameters", row.parameters());
                layer.put("multiplyAdds", row.multiplyAdds());
                layer.put("outputBytes", row.outputBytes());
                layers.add(layer);
            }
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("model", model.name());
        result.put("inputShape", input);
        result.put("outputShape", summary.output().toArray());
        result.put("parameters", summary.parameters());
        result.put("multiplyAdds", summary.multiplyAdds());
        result.put("outputBytes", summary.outputBytes());
        result.put("trainingBytes", training.bytes);
        result.put("layers", layers);
        console().result(result, text(summary, training));
        return ExitCodes.OK;
    }

    /** @param bytes what a step takes, null if the network does not train on such a batch */
    private record Training(Long bytes, String remark) {
        static Training of(Module network, long[] input) {
            String images = Format.counted(input[0], "image");
            try {
                long bytes = Summary.trainingBytes(network, input);
                return new Training(
                        bytes,
                        "A training step on " + images + " takes about " + Format.bytes(bytes)
                                + ", and what the optimizer keeps.");
            } catch (InputShapeException e) { // batch norm of one value
                return new Training(null, "It cannot be trained on " + images + ": " + e.getMessage());
            }
        }
    }

    private String text(Summary summary, Training training) {
        String table = summary.toString();
        return model.name() + ", " + model.year() + ", " + model.paper() + System.lineSeparator()
                + table.substring(table.indexOf('\n') + 1)
                + training.remark;
    }
}
