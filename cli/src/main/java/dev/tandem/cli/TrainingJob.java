package dev.tandem.cli;

import dev.tandem.data.BrokenImages;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.ImageFolder;
import dev.tandem.data.NoDataException;
import dev.tandem.data.Normalization;
import dev.tandem.data.Split;
import dev.tandem.data.Subset;
import dev.tandem.data.image.FileNames;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.nn.LossReduction;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.optim.Optimizer;
import dev.tandem.tensor.Device;
import dev.tandem.trainer.Evaluation;
import dev.tandem.trainer.Evaluator;
import dev.tandem.trainer.Freezing;
import dev.tandem.trainer.NetworkSpec;
import dev.tandem.trainer.RunFolder;
import dev.tandem.trainer.Trainer;
import dev.tandem.trainer.TrainerBuilder;
import dev.tandem.trainer.TrainingResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** One training run from its settings to its report. */
final class TrainingJob {
    private static final double SPLIT_SHARE = 0.1;

    private final Console console;
    private final TrainSettings settings;
    private final DeviceSettings deviceSettings;
    private final ImageDataset trainData;
    private final ImageDataset validationData;
    private final ImageDataset testData; // null if the folder has none

    /** @param images all training images */
    TrainingJob(Console console, TrainSettings settings, DeviceSettings deviceSettings, ImageDataset images) {
        this.console = console;
        this.settings = settings;
        this.deviceSettings = deviceSettings;
        requireClasses(images);
        DataSource.remark(console, images);
        ImageDataset kept = settings.validateOn() == ValidationData.VALIDATION ? open(Split.VALIDATION) : null;
        Optional<Path> untouched = kept instanceof ImageFolder photos ? photos.testBeside() : Optional.empty();
        this.testData = untouched.isPresent() ? null : kept != null ? kept : open(Split.TEST);
        if (kept != null || (testData != null && settings.validateOn() != ValidationData.SPLIT)) {
            this.trainData = images;
            this.validationData = kept != null ? kept : testData;
            DataSource.remark(console, validationData);
        } else {
            if (settings.validateOn() != ValidationData.SPLIT) {
                console.note("tandem: there is no " + (images.cutsPhotos() ? "val or test folder" : "test set") + " in "
                        + settings.data() + "; a tenth of the training images is kept apart to validate on");
            }
            List<Subset> parts = Subset.split(images, SPLIT_SHARE, settings.seed());
            this.trainData = parts.get(0);
            this.validationData = parts.get(1);
        }
        untouched.ifPresent(test -> console.note("tandem: photos " + FileNames.path(test)
                + ": not touched, the best weights are chosen by " + validationData.name()
                + "; tandem eval measures on it"));
    }

    private static void requireClasses(ImageDataset images) {
        if (images.classNames().size() < 2) {
            throw new UsageException("data set " + images.name() + ": all images are of one class, "
                    + String.join("", images.classNames()) + "; a network needs two or more to tell apart"
                    + (images.cutsPhotos() ? ", so add a folder of images that show something else" : ""));
        }
    }

    /** Null if there are no such images. */
    private ImageDataset open(Split split) {
        try {
            return DataSource.open(settings.data(), split, settings.imageSize());
        } catch (UsageException e) {
            if (e.getCause() instanceof NoDataException) {
                return null;
            }
            throw e;
        }
    }

    /**
     * @param folder makes or opens the run folder, once everything before has gone well
     * @param before what the checkpoint to go on from says of its network; null for a run that begins
     * @param given the pretrained weights, where they were read already; else null
     */
    int run(Supplier<RunFolder> folder, NetworkSpec before, Pretrained given) {
        ModelEntry entry = settings.entry();
        requireSquare();
        boolean resume = before != null;
        Pretrained pretrained = settings.pretrained() == null || resume || given != null
                ? given
                : Pretrained.read(settings.pretrained());
        if (pretrained != null) {
            pretrained.checkModel(entry);
        }
        List<String> classes = classNames();
        Map<String, String> networkSettings = resume ? before.settings() : networkSettings(pretrained);
        ModelOptions options =
                new ModelOptions(classes.size(), trainData.channels(), trainData.height(), networkSettings);
        Module network = NetworkSize.build(entry, options);
        requireBatch();
        Normalization known = resume ? before.normalization() : normalizationOf(pretrained, entry);
        try (Device device = deviceSettings.open(settings.deterministic())) {
            network.initialize(device, settings.seed());
            if (settings.weights() != null && !resume) {
                TrainedNetwork.loadInto(network, entry, settings.weights());
            }
            if (pretrained != null) {
                console.note(pretrained.loadInto(network, entry, options));
            }
            Transfer transfer = new Transfer(settings, network, entry, options);
            transfer.checkGroups();
            Freezing freezing = transfer.freeze();
            NetworkSpec spec = new NetworkSpec(
                    entry.name(),
                    trainData.channels(),
                    trainData.height(),
                    trainData.width(),
                    classes,
                    known == null ? readNormalization(device.threads()) : known,
                    networkSettings);
            RunFolder run = folder.get();
            run.writeConfig(settings.with(Map.of("set", spec.settings())).toMap());
            int exitCode = train(network, spec, device, run, transfer, freezing, resume);
            deviceSettings.report(console, device);
            return exitCode;
        }
    }

    /** Null where it comes from the training images. */
    private Normalization normalizationOf(Pretrained pretrained, ModelEntry entry) {
        return settings.normalization() == Normalizations.PRETRAINED
                ? pretrained.normalization(entry, trainData.channels())
                : null;
    }

    /** To be done last, since many photos take minutes to read. */
    private Normalization readNormalization(int threads) {
        new BrokenImages(trainData, settings.brokenLimit()).lookForThem(threads);
        settings.normalization().announce(console, trainData);
        return settings.normalization().of(trainData, threads, settings.brokenLimit());
    }

    /** Those of the network whose weights are taken, and over them what is given. */
    private Map<String, String> networkSettings(Pretrained pretrained) {
        Map<String, String> all = new LinkedHashMap<>();
        if (pretrained != null) {
            pretrained.spec().map(NetworkSpec::settings).ifPresent(all::putAll);
        }
        all.putAll(settings.set());
        return all;
    }

    /** The data's, and numbers for classes beyond. */
    private List<String> classNames() {
        List<String> names = new ArrayList<>(trainData.classNames());
        if (settings.classes() != null && settings.classes() < names.size()) {
            throw new UsageException("--classes " + settings.classes() + ": data set " + trainData.name() + " has "
                    + names.size() + "; leave it out, or give as many or more");
        }
        while (settings.classes() != null && names.size() < settings.classes()) {
            String number = Integer.toString(names.size());
            names.add(names.contains(number) ? "class " + number : number);
        }
        return names;
    }

    private void requireSquare() {
        if (trainData.height() != trainData.width()) {
            throw new UsageException("data set " + trainData.name() + ": its images are " + trainData.height() + "×"
                    + trainData.width() + ", networks take square ones; scale them with --image-size "
                    + Math.min(trainData.height(), trainData.width()));
        }
    }

    private void requireBatch() {
        if (settings.batch() > trainData.size()) {
            throw new UsageException("--batch " + settings.batch() + ": data set " + trainData.name() + " has "
                    + trainData.size() + " images to train on; use a smaller batch");
        }
    }

    private int train(
            Module network,
            NetworkSpec spec,
            Device device,
            RunFolder run,
            Transfer transfer,
            Freezing freezing,
            boolean resume) {
        long stepsPerEpoch = trainData.size() / settings.batch();
        long steps = stepsPerEpoch * settings.epochs();
        Optimizer optimizer = settings.createOptimizer(network);
        transfer.group(optimizer);
        float smoothing = (float) settings.labelSmoothing();
        announce(network, device, run);
        String frozen = transfer.announcement();
        if (frozen != null) {
            console.note(frozen);
        }
        try (Progress progress = Progress.on(console, measuredOn())) {
            TrainerBuilder builder = Trainer.builder(network, spec)
                    .trainOn(trainData)
                    .validateOn(validationData)
                    .optimizer(optimizer)
                    .freezing(freezing)
                    .learningRate(settings.createSchedule(stepsPerEpoch))
                    .loss((logits, labels) -> Losses.crossEntropy(logits, labels, smoothing, LossReduction.MEAN))
                    .augmentation(settings.augmentation().of(spec.height()))
                    .batchSize(settings.batch())
                    .epochs(settings.epochs())
                    .seed(settings.seed())
                    .runFolder(run)
                    .resume(resume)
                    .checkpointEvery(settings.checkpointEvery())
                    .maxBroken(settings.brokenLimit())
                    .callback(progress);
            Trainer trainer = builder.build();
            try (Interruption interruption = new Interruption(() -> {
                console.note("tandem: stopping after this step, with a checkpoint; once more ends at once");
                trainer.requestStop();
            })) {
                TrainingResult result = trainer.run();
                progress.close();
                BrokenPhotos.note(console, result.broken());
                if (result.completed() && Double.isNaN(result.secondsToFirstStep())) {
                    console.note("tandem: this run was complete already; --epochs with a higher number trains on");
                }
                Evaluation test = test(result, network, spec, device);
                TrainReport report =
                        new TrainReport(settings, run.path(), trainData.name(), result, test, measuredOn(), steps);
                console.result(report.toMap(), report.toText());
                return result.completed() ? ExitCodes.OK : interruption.exitCode();
            }
        }
    }

    /** What the images are called that the network is measured on after each epoch. */
    private String measuredOn() {
        boolean test = validationData == testData && !(testData instanceof ImageFolder photos && photos.isValidation());
        return test ? "test" : "validation";
    }

    private void announce(Module network, Device device, RunFolder run) {
        String size = trainData.channels() + "×" + trainData.height() + "×" + trainData.width();
        console.note(settings.model() + ", " + Format.grouped(network.parameterCount()) + " parameters, on "
                + trainData.name() + ": " + Format.grouped(trainData.size()) + " images of " + size + " to train on, "
                + Format.grouped(validationData.size())
                + (measuredOn().equals("test") ? " to test on and to choose the best weights by" : " to validate on")
                + "; " + device.name() + (device.name().equals("cpu") ? ", threads: " + device.threads() : ""));
        console.note(Format.counted(settings.epochs(), "epoch") + ", batches of " + settings.batch() + ", "
                + settings.optimizer() + " at " + settings.learningRate() + ", " + settings.schedule() + "; run folder "
                + run.path());
    }

    /** What the finished network scores on the test images; null if it is not finished or there are none. */
    private Evaluation test(TrainingResult result, Module network, NetworkSpec spec, Device device) {
        if (!result.completed() || testData == null) {
            return null;
        }
        return validationData == testData && result.validation() != null
                ? result.validation()
                : Evaluator.evaluate(network, spec, testData, settings.batch(), device);
    }
}
