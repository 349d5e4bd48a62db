package dev.tandem.cli;

import dev.tandem.data.BrokenImages;
import dev.tandem.data.BrokenLimit;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.ImageFolder;
import dev.tandem.data.InMemoryDataset;
import dev.tandem.data.NoDataException;
import dev.tandem.data.ResizedDataset;
import dev.tandem.data.Split;
import dev.tandem.models.ModelEntry;
import dev.tandem.tensor.Device;
import dev.tandem.trainer.ConfusionMatrix;
import dev.tandem.trainer.Evaluation;
import dev.tandem.trainer.Evaluator;
import dev.tandem.trainer.LossFunction;
import dev.tandem.trainer.NetworkSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tandem eval}: how good a trained network is. */
@Command(
        name = "eval",
        description =
                "Measures a trained network on a data set: loss, top-1 and top-5 accuracy, accuracy of each class.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  tandem eval                       the best epoch of the newest run, on its test images",
            "  tandem eval runs/mine --use final the last epoch",
            "  tandem eval net.safetensors --data ~/fashion-mnist --split train"
        })
final class EvalCommand extends Subcommand {
    private static final int MISTAKES_SHOWN = 5;

    @Parameters(
            arity = "0..1",
            paramLabel = "WEIGHTS",
            description = "A weights file or a run folder (default: the newest run in runs/).")
    private Path weights;

    @Mixin
    private RunWeights which = new RunWeights();

    @ArgGroup(validate = false, heading = "%nWhat to measure on:%n")
    private Data data = new Data();

    static final class Data {
        @Option(
                names = "--data",
                paramLabel = "DIR",
                description =
                        "Folder with MNIST's, Fashion-MNIST's or CIFAR-10's files, or with photos in train/CLASS/,"
                                + " val/CLASS/ and test/CLASS/ (default: what the network was trained on).")
        Path folder;

        @Option(
                names = "--split",
                paramLabel = "PART",
                description = "${COMPLETION-CANDIDATES} (default: test; where photos have none, validation).")
        Part part;

        @Option(
                names = "--max-broken",
                paramLabel = "LIMIT",
                converter = Values.Broken.class,
                description = BrokenPhotos.LIMIT)
        BrokenLimit maxBroken = BrokenLimit.USUAL;

        @Option(
                names = "--batch",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Images at once (default: 128).")
        Integer batch;

        @Option(
                names = "--model",
                paramLabel = "MODEL",
                converter = Values.Model.class,
                completionCandidates = Values.ModelNames.class,
                description = "The network, where the file does not tell.")
        ModelEntry model;
    }

    enum Part {
        TEST(Split.TEST),
        VALIDATION(Split.VALIDATION),
        TRAIN(Split.TRAIN);

        final Split split;

        Part(Split split) {
            this.split = split;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @ArgGroup(validate = false, heading = DeviceSettings.HEADING)
    private DeviceSettings device = new DeviceSettings();

    @Override
    public Integer call() {
        Path file = TrainedNetwork.locate(weights, which.use);
        Split split = data.part == null ? Split.TEST : data.part.split;
        TrainedNetwork.Training training = TrainedNetwork.training(file)
                .orElse(new TrainedNetwork.Training(TrainSettings.MNIST, LossFunction.crossEntropy()));
        String source = data.folder == null ? training.data() : data.folder.toString();
        try (Device opened = device.open(false)) {
            TrainedNetwork trained = TrainedNetwork.open(file, data.model, opened, console());
            NetworkSpec spec = trained.spec();
            ImageDataset images = open(source, split);
            if (images instanceof ImageFolder photos) {
                images = photos.sized(spec.height(), spec.resize());
            }
            images = labelled(images, spec);
            DataSource.remark(console(), images);
            if (images.height() != spec.height() || images.width() != spec.width()) {
                console()
                        .note("images of " + images.height() + "×" + images.width() + " are scaled to the network's "
                                + spec.height() + "×" + spec.width());
                images = new ResizedDataset(images, spec.height(), spec.width());
            }
            BrokenImages broken = new BrokenImages(images, data.maxBroken);
            broken.lookForThem(opened.threads());
            int batch = data.batch == null ? 128 : data.batch;
            ConfusionMatrix confusion = new ConfusionMatrix(spec.classes());
            Evaluation evaluation = Evaluator.evaluate(
                    trained.network(), spec, images, batch, opened, confusion, training.loss(), broken);
            BrokenPhotos.note(console(), broken.list());
            report(trained, images, evaluation, training.loss(), confusion, broken);
            device.report(console(), opened);
        }
        return ExitCodes.OK;
    }

    private static ImageDataset open(String source, Split split) {
        try {
            return DataSource.open(source, split, null);
        } catch (UsageException e) {
            if (split == Split.TEST && e.getCause() instanceof NoDataException) {
                throw new UsageException(
                        e.getMessage() + "; --split train measures on the training images, --data on others", e);
            }
            throw e;
        }
    }

    /** With labels of the network's classes. */
    private static ImageDataset labelled(ImageDataset images, NetworkSpec spec) {
        try {
            return images instanceof ImageFolder photos
                    ? photos.labelledAs(spec.classNames())
                    : ((InMemoryDataset) images).labelledAs(spec.classNames());
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage(), e);
        }
    }

    private void report(
            TrainedNetwork trained,
            ImageDataset images,
            Evaluation evaluation,
            LossFunction loss,
            ConfusionMatrix confusion,
            BrokenImages broken) {
        List<String> names = trained.spec().classNames();
        TextTable table = new TextTable(Set.of(1, 2), "class", "images", "right");
        List<Map<String, Object>> classes = new ArrayList<>();
        for (int c = 0; c < names.size(); c++) {
            Map<String, Object> each = new LinkedHashMap<>();
            each.put("name", names.get(c));
            each.put("images", confusion.images(c));
            each.put("accuracy", confusion.accuracy(c));
            classes.add(each);
            if (confusion.images(c) > 0) {
                table.row(names.get(c), Format.grouped(confusion.images(c)), Format.percent(confusion.accuracy(c)));
            }
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("weights", trained.file().toString());
        result.put("model", trained.spec().model());
        result.put("data", images.name());
        result.put("images", evaluation.images());
        result.put("epoch", trained.epoch());
        result.put("loss", evaluation.loss());
        result.put("lossFunction", loss.name());
        result.put("top1", evaluation.top1());
        result.put("top5", evaluation.top5());
        result.put("seconds", Format.rounded(evaluation.seconds(), 3));
        result.put("imagesPerSecond", Format.rounded(evaluation.imagesPerSecond(), 1));
        result.put("brokenPhotos", BrokenPhotos.toList(broken.list()));
        result.put("classes", classes);
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s (%s) on %s, %,d images: loss %.4f (%s), %s right, %s among the first five%n%n",
                trained.spec().model(),
                trained.origin(which.use),
                images.name(),
                evaluation.images(),
                evaluation.loss(),
                loss.name(),
                Format.percent(evaluation.top1()),
                Format.percent(evaluation.top5())));
        text.append(table);
        confusion.mistakes().stream()
                .limit(MISTAKES_SHOWN)
                .forEach(mistake -> text.append(String.format(
                        "%n%s taken for %s: %s",
                        names.get(mistake.label()),
                        names.get(mistake.prediction()),
                        Format.counted(mistake.count(), "time"))));
        console().result(result, text.toString());
    }
}
