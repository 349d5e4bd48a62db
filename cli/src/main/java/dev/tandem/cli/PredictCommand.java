package dev.tandem.cli;

import dev.tandem.data.image.FileNames;
import dev.tandem.data.image.ImageException;
import dev.tandem.models.ModelEntry;
import dev.tandem.tensor.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tandem predict}: what a trained network sees in images. */
@Command(
        name = "predict",
        description = {
            "Tells what a trained network sees in images (JPEG, PNG, WebP, TIFF, BMP, GIF).",
            "Photographed digits are made like MNIST's before a network that learned from those sees them."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tandem predict digit.jpg",
            "  tandem predict --weights runs/mine --top 3 photos/*.png",
            "  tandem predict digit.jpg --json | jq -r '.predictions[0].label'"
        })
final class PredictCommand extends Subcommand {
    private static final int BAR_WIDTH = 30;
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";

    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Image files.")
    private List<Path> images;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description = "A weights file or a run folder (default: the newest run in runs/).")
    private Path weights;

    @Mixin
    private RunWeights which = new RunWeights();

    @Option(
            names = "--top",
            paramLabel = "K",
            converter = Values.AtLeastOne.class,
            description = "How many classes to show (default: 5).")
    private Integer top;

    @Option(
            names = "--prepare",
            paramLabel = "HOW",
            description =
                    "digit: find dark or bright ink, cut it out and centre it as MNIST's; plain: only scale; auto:"
                            + " digit where the network learned from grey images that are mostly dark (default: auto).")
    private ImagePreparation.How prepare;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            converter = Values.Model.class,
            completionCandidates = Values.ModelNames.class,
            description = "The network, where the weights file does not tell.")
    private ModelEntry model;

    @ArgGroup(validate = false, heading = DeviceSettings.HEADING)
    private DeviceSettings device = new DeviceSettings();

    @Override
    public Integer call() {
        images = ImagePreparation.existing(images);
        Path file = TrainedNetwork.locate(weights, which.use);
        List<Map<String, Object>> predictions = new ArrayList<>();
        List<Map<String, String>> errors = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        try (Device opened = device.open(false)) {
            TrainedNetwork trained = TrainedNetwork.open(file, model, opened, console());
            trained.tellChoice(console(), which.use);
            ImagePreparation preparation = new ImagePreparation(prepare, trained.spec(), console());
            for (Path image : images) {
                try {
                    Prediction prediction = Prediction.of(trained, preparation.read(image), opened);
                    predictions.add(toMap(image, prediction));
                    text.append(toText(image, prediction));
                } catch (ImageException e) {
                    console().note("tandem: " + e.getMessage());
                    Map<String, String> error = new LinkedHashMap<>();
                    error.put("image", e.file());
                    error.put("error", e.getMessage());
                    errors.add(error);
                }
            }
            if (predictions.isEmpty()) {
                String all = errors.stream().map(each -> each.get("error")).collect(Collectors.joining("; "));
                console().noResult(all, ExitCodes.FAILURE);
                return ExitCodes.FAILURE;
            }
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("weights", file.toString());
            result.put("model", trained.spec().model());
            result.put("predictions", predictions);
            result.put("errors", errors);
            console().result(result, text.toString());
        }
        return errors.isEmpty() ? ExitCodes.OK : ExitCodes.FAILURE;
    }

    private int shown(Prediction prediction) {
        return Math.min(top == null ? 5 : top, prediction.ranking().size());
    }

    private Map<String, Object> toMap(Path image, Prediction prediction) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("image", FileNames.path(image));
        map.put("label", prediction.ranking().get(0).name());
        map.put("probability", prediction.ranking().get(0).probability());
        List<Map<String, Object>> ranking = new ArrayList<>();
        for (Prediction.Candidate candidate : prediction.ranking().subList(0, shown(prediction))) {
            Map<String, Object> each = new LinkedHashMap<>();
            each.put("label", candidate.name());
            each.put("probability", candidate.probability());
            ranking.add(each);
        }
        map.put("top", ranking);
        return map;
    }

    private String toText(Path image, Prediction prediction) {
        List<Prediction.Candidate> candidates = prediction.ranking().subList(0, shown(prediction));
        int width =
                candidates.stream().mapToInt(each -> each.name().length()).max().orElse(0);
        StringBuilder text = new StringBuilder(
                FileNames.path(image) + ": " + candidates.get(0).name() + "\n");
        for (Prediction.Candidate candidate : candidates) {
            text.append(String.format(
                    Locale.ROOT,
                    "  %-" + width + "s  %s  %6.2f %%%n",
                    candidate.name(),
                    bar(candidate.probability()),
                    100 * candidate.probability()));
        }
        return text.append('\n').toString();
    }

    private static String bar(double share) {
        int eighths = (int) Math.round(share * BAR_WIDTH * 8);
        String full = "█".repeat(eighths / 8);
        String part = eighths % 8 == 0 ? "" : EIGHTHS.substring(eighths % 8, eighths % 8 + 1);
        return full + part + " ".repeat(BAR_WIDTH - full.length() - part.length());
    }
}
