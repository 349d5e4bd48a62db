package dev.tandem.cli;

import dev.tandem.data.ImageDataset;
import dev.tandem.data.Split;
import dev.tandem.data.Subset;
import dev.tandem.models.ModelEntry;
import dev.tandem.tensor.Device;
import dev.tandem.trainer.NetworkSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tandem inspect}: pictures of what a trained network looks for and sees. */
@Command(
        name = "inspect",
        description = {
            "Looks inside a trained network and writes pictures: the filters of its first layer, and for images their"
                    + " activation maps layer by layer, where the network sees a class (Grad-CAM), what happens when parts"
                    + " are hidden (occlusion), and the training images it finds most like them.",
            "index.html in the folder shows them together."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tandem inspect                          the newest run's filters",
            "  tandem inspect runs/mine digit.jpg      all there is to see of an image",
            "  tandem inspect net.safetensors cat.jpg --what gradcam,occlusion --class 281 --patch 48",
            "  tandem inspect net.safetensors cat.jpg --what nearest --data ~/photos"
        })
final class InspectCommand extends Subcommand {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "WEIGHTS",
            description = "A weights file or a run folder (default: the newest run in runs/).")
    private Path weights;

    @Parameters(index = "1..*", paramLabel = "IMAGE", description = "Image files (JPEG, PNG, WebP, TIFF, BMP, GIF).")
    private List<Path> images = List.of();

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder to write to; files in it are replaced (default: inspect).")
    private Path out = Path.of("inspect");

    @Option(
            names = "--what",
            paramLabel = "KIND",
            split = ",",
            description = "${COMPLETION-CANDIDATES}, several with commas between them (default: all that can be).")
    private Set<What> wanted;

    @Mixin
    private RunWeights which = new RunWeights();

    @ArgGroup(validate = false, heading = "%nHow to look:%n")
    private Looking looking = new Looking();

    static final class Looking {
        @Option(
                names = "--class",
                paramLabel = "CLASS",
                description = "The class to explain, by name or number (default: the likeliest in each image).")
        String target;

        @Option(
                names = "--layer",
                paramLabel = "NAME",
                description =
                        "Whose maps Grad-CAM weighs, such as layer3 (default: the last before places are joined).")
        String layer;

        @Option(
                names = "--patch",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Side of the square that occlusion hides, in pixels (default: a seventh of the image's).")
        Integer patch;

        @Option(
                names = "--stride",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "From one square to the next (default: half the patch).")
        Integer stride;

        @Option(
                names = "--channels",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Feature maps to show of each layer (default: 64).")
        int channels = 64;

        @Option(
                names = "--top",
                paramLabel = "K",
                converter = Values.AtLeastOne.class,
                description = "Nearest images to show (default: 6).")
        int top = 6;

        @Option(
                names = "--data",
                paramLabel = "DIR",
                description = "Where to look for nearest images; mnist for the digits that ship (default: what the run"
                        + " was trained on).")
        String data;

        @Option(
                names = "--limit",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Look through the first N training images only (default: all).")
        Integer limit;

        @Option(
                names = "--prepare",
                paramLabel = "HOW",
                description = "digit, plain or auto, as in tandem predict (default: auto).")
        ImagePreparation.How prepare;

        @Option(
                names = "--model",
                paramLabel = "MODEL",
                converter = Values.Model.class,
                completionCandidates = Values.ModelNames.class,
                description = "The network, where the weights file does not tell.")
        ModelEntry model;
    }

    @ArgGroup(validate = false, heading = DeviceSettings.HEADING)
    private DeviceSettings device = new DeviceSettings();

    /** Kinds of pictures. */
    enum What {
        FILTERS,
        ACTIVATIONS,
        GRADCAM,
        OCCLUSION,
        NEAREST;

        boolean needsImage() {
            return this != FILTERS;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public Integer call() {
        checkArguments();
        Path file = TrainedNetwork.locate(weights, which.use);
        String data = looking.data != null
                ? looking.data
                : TrainedNetwork.training(file)
                        .map(TrainedNetwork.Training::data)
                        .orElse(null);
        if (data == null && wanted != null && wanted.contains(What.NEAREST)) {
            throw new UsageException("--what nearest: " + file
                    + " lies in no run, so it is not known what the network was" + " trained on; name it with --data");
        }
        try (Device opened = device.open(false)) {
            TrainedNetwork trained = TrainedNetwork.open(file, looking.model, opened, console());
            trained.tellChoice(console(), which.use);
            Integer target = looking.target == null ? null : classNumber(trained.spec());
            ImagePreparation preparation = new ImagePreparation(looking.prepare, trained.spec(), console());
            List<SeenImage> seen = new ArrayList<>();
            for (Path image : images) {
                seen.add(SeenImage.of(image, preparation.read(image), trained, target, opened));
            }
            InspectionFolder folder = new InspectionFolder(out);
            Inspection inspection = new Inspection(trained, looking, folder, opened, console());
            for (What what : kinds(data)) {
                look(what, inspection, seen, data);
            }
            report(trained, folder);
        }
        return ExitCodes.OK;
    }

    private void checkArguments() {
        if (weights != null && weights.toString().matches("(?i).*\\.(png|jpe?g|jpe|jfif|webp|tiff?|bmp|gif)")) {
            throw new UsageException(
                    "weights " + weights + ": this is an image; name the run or weights file before it");
        }
        images = ImagePreparation.existing(images);
        for (What what : wanted == null ? Set.<What>of() : wanted) {
            if (what.needsImage() && images.isEmpty()) {
                throw new UsageException(
                        "--what " + what + ": there is no image to look at; name one after the weights");
            }
        }
    }

    private int classNumber(NetworkSpec spec) {
        int number = spec.classNames().indexOf(looking.target);
        if (number < 0 && looking.target.matches("\\d{1,9}")) {
            number = Integer.parseInt(looking.target);
        }
        if (number < 0 || number >= spec.classes()) {
            List<String> names = spec.classNames();
            throw new UsageException(
                    "--class " + looking.target + ": the network has no such class; use a number from 0"
                            + " to " + (spec.classes() - 1) + " or one of "
                            + names.subList(0, Math.min(10, names.size())) + (names.size() > 10 ? " …" : ""));
        }
        return number;
    }

    private Set<What> kinds(String data) {
        if (wanted != null) {
            return wanted;
        }
        Set<What> all = new LinkedHashSet<>();
        for (What what : What.values()) {
            boolean possible = !(what.needsImage() && images.isEmpty()) && !(what == What.NEAREST && data == null);
            if (possible) {
                all.add(what);
            }
        }
        return all;
    }

    /** What was not asked for by name and cannot be is left out, with a remark. */
    private void look(What what, Inspection inspection, List<SeenImage> seen, String data) {
        try {
            switch (what) {
                case FILTERS -> inspection.filters();
                case ACTIVATIONS -> seen.forEach(inspection::activations);
                case GRADCAM -> seen.forEach(inspection::gradCam);
                case OCCLUSION -> seen.forEach(inspection::occlusion);
                case NEAREST -> inspection.nearest(seen, trainingImages(data, inspection.spec()));
            }
        } catch (IllegalArgumentException | UsageException e) {
            if (isAskedFor(what)) {
                throw e;
            }
            console().note("left out: " + e.getMessage());
        }
    }

    /** By itself, or by an option that only it has. */
    private boolean isAskedFor(What what) {
        return wanted != null
                || (what == What.GRADCAM && looking.layer != null)
                || (what == What.OCCLUSION && (looking.patch != null || looking.stride != null))
                || (what == What.NEAREST && looking.data != null);
    }

    private ImageDataset trainingImages(String data, NetworkSpec spec) {
        ImageDataset all = DataSource.open(data, Split.TRAIN, spec.height(), spec.resize());
        DataSource.remark(console(), all);
        return looking.limit == null || looking.limit >= all.size()
                ? all
                : new Subset(all.name(), all, IntStream.range(0, looking.limit).toArray());
    }

    private void report(TrainedNetwork trained, InspectionFolder folder) {
        if (folder.files().isEmpty()) {
            throw new IllegalArgumentException(
                    "there is nothing to see of " + trained.spec().model() + "; the lines above say why");
        }
        Path page = folder.finish(trained.spec().model() + ", " + trained.file());
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("weights", trained.file().toString());
        result.put("model", trained.spec().model());
        result.put("page", page.toString());
        result.put("files", folder.files());
        StringBuilder text = new StringBuilder();
        folder.files().forEach(each -> text.append(each.get("file")).append('\n'));
        console().result(result, text.append(page).toString());
    }
}
