package dev.tandem.cli;

import dev.tandem.data.BrokenLimit;
import dev.tandem.models.ModelEntry;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options of {@code tandem train}; null where one was not given. */
final class TrainFlags {
    static final class What {
        @Option(
                names = "--model",
                paramLabel = "MODEL",
                converter = Values.Model.class,
                completionCandidates = Values.ModelNames.class,
                description = "The network; tandem models lists all (default: lenet5).")
        ModelEntry model;

        @Option(names = "--set", paramLabel = "NAME=VALUE", description = NetworkSize.SET)
        Map<String, String> set;

        @Option(
                names = "--data",
                paramLabel = "DIR",
                description =
                        "Folder with MNIST's, Fashion-MNIST's (IDX, also gzipped) or CIFAR-10's (binary) files,"
                                + " or with photos in train/CLASS/, val/CLASS/ and test/CLASS/ (default: the MNIST that ships).")
        Path data;

        @Option(
                names = "--image-size",
                paramLabel = "PIXELS",
                converter = Values.AtLeastOne.class,
                description = "Scale the images to this height and width (default: as they are; photos: the network's"
                        + " usual).")
        Integer imageSize;

        @Option(
                names = "--weights",
                paramLabel = "FILE",
                description = "Start from these weights, a file or a run folder (default: random ones).")
        Path weights;

        @Option(
                names = "--validate-on",
                paramLabel = "DATA",
                description =
                        "What to measure after each epoch, and to choose the best weights by: validation, test, or"
                                + " split, a tenth of the training images (default: validation, the folder val or valid; test"
                                + " where there is none).")
        ValidationData validateOn;

        @Option(
                names = "--normalization",
                paramLabel = "NORMALIZATION",
                description = "What pixels go through: ${COMPLETION-CANDIDATES} (default: standard, mean 0 and"
                        + " deviation 1; with --pretrained what those weights were trained with).")
        Normalizations normalization;

        @Option(
                names = "--augmentation",
                paramLabel = "AUGMENTATION",
                description = "How training images vary: ${COMPLETION-CANDIDATES} (default: crop for photos, mirror"
                        + " for other colour images, else none).")
        Augmentations augmentation;

        @Option(
                names = "--max-broken",
                paramLabel = "LIMIT",
                converter = Values.Broken.class,
                description = BrokenPhotos.LIMIT)
        BrokenLimit maxBroken;
    }

    static final class How {
        @Option(
                names = "--epochs",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "How often to see every image (default: the network's).")
        Integer epochs;

        @Option(
                names = "--batch",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Images a step (default: the network's).")
        Integer batch;

        @Option(
                names = "--optimizer",
                paramLabel = "OPTIMIZER",
                description = "${COMPLETION-CANDIDATES} (default: momentum).")
        Optimizers optimizer;

        @Option(
                names = "--learning-rate",
                paramLabel = "RATE",
                converter = Values.AboveZero.class,
                description = "At its highest (default: the network's, or the optimizer's if one is given).")
        Double learningRate;

        @Option(
                names = "--momentum",
                paramLabel = "SHARE",
                converter = Values.Share.class,
                description = "Of momentum, nesterov, rmsprop and lars (default: 0.9; rmsprop none).")
        Double momentum;

        @Option(
                names = "--weight-decay",
                paramLabel = "FACTOR",
                converter = Values.ZeroOrMore.class,
                description = "L2 penalty (default: the network's).")
        Double weightDecay;

        @Option(
                names = "--schedule",
                paramLabel = "SCHEDULE",
                description = "How the learning rate falls: ${COMPLETION-CANDIDATES} (default: the network's).")
        Schedules schedule;

        @Option(
                names = "--warmup",
                paramLabel = "EPOCHS",
                converter = Values.ZeroOrMore.class,
                description = "Epochs to lead up to the learning rate in, such as 0.5 (default: the network's).")
        Double warmup;

        @Option(
                names = "--label-smoothing",
                paramLabel = "SHARE",
                converter = Values.Share.class,
                description = "Of the target that goes to all classes alike (default: 0).")
        Double labelSmoothing;

        @Option(
                names = "--clip-norm",
                paramLabel = "NORM",
                converter = Values.ZeroOrMore.class,
                description = "Most that all gradients together may be; 0 for no limit (default: 0).")
        Double clipNorm;

        @Option(
                names = "--seed",
                paramLabel = "NUMBER",
                description = "Of weights, order and augmentation (default: 0).")
        Long seed;

        @Option(
                names = "--deterministic",
                description = "The same bits from run to run, with the same number of threads.")
        Boolean deterministic;
    }

    static final class Reuse {
        @Option(
                names = "--pretrained",
                paramLabel = "FILE",
                description = "Start from these weights: a file (safetensors, also in shards; .pth, .th), a run folder"
                        + " or a checkpoint. A head for other classes is made anew; all else must fit.")
        Path pretrained;

        @Option(
                names = "--classes",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Classes of the network (default: as many as the data has).")
        Integer classes;

        @Option(
                names = "--freeze",
                paramLabel = "NAMES",
                split = ",",
                description = "Parameters to leave as they are: features, layer?, '*.bias'; body is all but the head."
                        + " Repeat, or part by commas, for more.")
        List<String> freeze;

        @Option(
                names = "--unfreeze",
                paramLabel = "[NAMES=]EPOCH",
                split = ",",
                description = "Train frozen ones again from an epoch on, all (3) or some (features.18=3).")
        List<String> unfreeze;

        @Option(
                names = "--rate-factor",
                paramLabel = "NAMES=FACTOR",
                split = ",",
                description = "Multiply the learning rate of some parameters, as features=0.1; of several that fit one,"
                        + " the last counts.")
        Map<String, Double> rateFactor;

        @Option(
                names = "--freeze-statistics",
                description = "Keep the running statistics of all batch norms, and train on them. Frozen ones do so"
                        + " anyway.")
        Boolean freezeStatistics;
    }

    static final class Run {
        @Option(
                names = "--run",
                paramLabel = "DIR",
                description = "Where to leave weights, checkpoints and metrics (default: runs/DATE-TIME-MODEL).")
        Path folder;

        @Option(
                names = "--resume",
                description = "Go on with the run in --run, or the newest one in runs/, with its settings.")
        boolean resume;

        @Option(
                names = "--checkpoint-every",
                paramLabel = "STEPS",
                converter = Values.NotNegative.class,
                description = "Save a checkpoint every so many steps, beside the one after each epoch (default: 0,"
                        + " none).")
        Long checkpointEvery;
    }

    @ArgGroup(validate = false, order = 1, heading = "%nWhat to train:%n")
    What what = new What();

    @ArgGroup(validate = false, order = 2, heading = "%nHow to train:%n")
    How how = new How();

    @ArgGroup(validate = false, order = 3, heading = "%nTransfer learning:%n")
    Reuse reuse = new Reuse();

    @ArgGroup(validate = false, order = 4, heading = "%nThe run:%n")
    Run run = new Run();

    @ArgGroup(validate = false, order = 5, heading = DeviceSettings.HEADING)
    DeviceSettings device = new DeviceSettings();

    /** What was given, by the names of {@link TrainSettings}. */
    Map<String, Object> given() {
        Map<String, Object> given = new LinkedHashMap<>();
        given.put("model", what.model == null ? null : what.model.name());
        given.put("set", what.set);
        given.put("data", what.data == null ? null : DataSource.absolute(what.data.toString()));
        given.put("imageSize", what.imageSize);
        given.put("epochs", how.epochs);
        given.put("batch", how.batch);
        given.put("optimizer", how.optimizer);
        given.put("learningRate", how.learningRate);
        given.put("momentum", how.momentum);
        given.put("weightDecay", how.weightDecay);
        given.put("schedule", how.schedule);
        given.put("warmup", how.warmup);
        given.put("labelSmoothing", how.labelSmoothing);
        given.put("clipNorm", how.clipNorm);
        given.put("normalization", what.normalization);
        given.put("augmentation", what.augmentation);
        given.put("validateOn", what.validateOn);
        given.put("maxBroken", what.maxBroken == null ? null : what.maxBroken.toString());
        given.put(
                "weights",
                what.weights == null ? null : what.weights.toAbsolutePath().toString());
        given.put(
                "pretrained",
                reuse.pretrained == null
                        ? null
                        : reuse.pretrained.toAbsolutePath().toString());
        given.put("classes", reuse.classes);
        given.put("freeze", reuse.freeze);
        given.put("unfreeze", reuse.unfreeze);
        given.put("rateFactor", reuse.rateFactor);
        given.put("freezeStatistics", reuse.freezeStatistics);
        given.put("seed", how.seed);
        given.put("deterministic", how.deterministic);
        given.put("checkpointEvery", run.checkpointEvery);
        given.put("device", device.device);
        given.put("threads", device.threads);
        given.put("memoryLimit", device.memoryLimit);
        given.values().removeIf(value -> value == null);
        return given;
    }
}
