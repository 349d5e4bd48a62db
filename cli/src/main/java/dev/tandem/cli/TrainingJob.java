package dev.tandem.cli;

import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.data.BrokenImages;
import dev.tandem.data.BrokenLimit;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.ImageFolder;
import dev.tandem.data.NoDataException;
import dev.tandem.data.Normalization;
import dev.tandem.data.Resize;
import dev.tandem.data.Split;
import dev.tandem.data.Subset;
import dev.tandem.data.image.FileNames;
import dev.tandem.data.image.ImageException;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Module;
import dev.tandem.optim.Optimizer;
import dev.tandem.tensor.Device;
import dev.tandem.trainer.Callback;
import dev.tandem.trainer.Evaluation;
import dev.tandem.trainer.Evaluator;
import dev.tandem.trainer.Freezing;
import dev.tandem.trainer.LossFunction;
import dev.tandem.trainer.NetworkSpec;
import dev.tandem.trainer.RunFolder;
import dev.tandem.trainer.Trainer;
import dev.tandem.trainer.TrainerBuilder;
import dev.tandem.trainer.TrainingDivergedException;
import dev.tandem.trainer.TrainingResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** One training run from its settings to its report. */
final class TrainingJob {
    private static final double SPLIT_SHARE = 0.1;
    private static final double STATISTICS_OF_BEFORE = 0.05;
    private static final int FEW_PHOTOS = 5000;
    private static final int IMAGENET_SIZE = 224; // smaller networks are nowhere to be had trained

    private final Console console;
    private final TrainSettings settings;
    private final DeviceSettings deviceSettings;
    private final ImageDataset trainData;
    private final ImageDataset validationData;
    private final ImageDataset testData; // null if the folder has none
    private final Resize resize; // null for the usual
    private TrainSettings before; // of the run that goes on; null for one that begins

    /**
     * @param images all training images
     * @param resize how photos are scaled; null for the usual way
     */
    TrainingJob(
            Console console,
            TrainSettings settings,
            DeviceSettings deviceSettings,
            ImageDataset images,
            Resize resize) {
        this.console = console;
        this.settings = settings;
        this.deviceSettings = deviceSettings;
        this.resize = resize;
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

    /** @param before what the run was asked for that goes on */
    void goesOnFrom(TrainSettings before) {
        this.before = before;
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
            return DataSource.open(settings.data(), split, settings.imageSize(), resize);
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
     * @param pretrained what a run begins from; else null
     */
    int run(Supplier<RunFolder> folder, NetworkSpec before, Pretrained pretrained) {
        ModelEntry entry = settings.entry();
        requireSquare();
        boolean resume = before != null;
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
                TrainedNetwork.loadInto(network, entry, options, settings.weights(), console);
            }
            if (pretrained != null) {
                console.note(pretrained.loadInto(network, entry, options, console));
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
                    resize == null ? Resize.usual(trainData.height()) : resize,
                    known == null ? readNormalization(device.threads()) : known,
                    networkSettings);
            RunFolder run = folder.get();
            try (RunFolder.Hold held = run.hold()) {
                Map<String, Object> config =
                        settings.with(Map.of("set", spec.settings())).toMap();
                int exitCode = train(network, spec, device, run, config, transfer, freezing, resume);
                deviceSettings.report(console, device);
                return exitCode;
            }
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
            Map<String, Object> config,
            Transfer transfer,
            Freezing freezing,
            boolean resume) {
        long stepsPerEpoch = trainData.size() / settings.batch();
        long steps = stepsPerEpoch * settings.epochs();
        Optimizer optimizer = settings.createOptimizer(network);
        transfer.group(optimizer);
        LossFunction loss = settings.createLoss();
        if (settings.pretrained() == null && settings.weights() == null) {
            followWithin(stepsPerEpoch, network);
        }
        announce(network, device, run);
        String frozen = transfer.announcement();
        if (frozen != null) {
            console.note(frozen);
        }
        tellOfRate(run.stepsDone(), stepsPerEpoch);
        try (Progress progress = Progress.on(console, measuredOn())) {
            TrainerBuilder builder = Trainer.builder(network, spec)
                    .trainOn(trainData)
                    .validateOn(validationData)
                    .optimizer(optimizer)
                    .freezing(freezing)
                    .learningRate(settings.createSchedule(stepsPerEpoch))
                    .loss(loss)
                    .augmentation(settings.augmentation().of(spec.height()))
                    .batchSize(settings.batch())
                    .epochs(settings.epochs())
                    .seed(settings.seed())
                    .runFolder(run)
                    .resume(resume)
                    .checkpointEvery(settings.checkpointEvery())
                    .maxBroken(settings.brokenLimit())
                    .callback(progress)
                    .callback(new Callback() {
                        @Override
                        public void onStart(Trainer trainer) { // the data is known to be the same
                            tellOfMove();
                            run.writeConfig(config);
                        }
                    });
            Trainer trainer = builder.build();
            try (Interruption interruption = new Interruption(() -> {
                console.note("tandem: stopping after this step, with a checkpoint; once more ends at once");
                trainer.requestStop();
            })) {
                TrainingResult result = run(trainer);
                progress.close();
                if (result.completed() && Double.isNaN(result.secondsToFirstStep())) {
                    console.note("tandem: this run was complete already; --epochs with a higher number trains on");
                }
                List<ImageException> broken = new ArrayList<>(result.broken());
                Evaluation test = test(result, network, spec, device, loss, broken);
                BrokenPhotos.note(console, broken);
                TrainReport report = new TrainReport(
                        settings, run.path(), trainData.name(), result, test, measuredOn(), testedOn(), broken, steps);
                console.result(report.toMap(), report.toText());
                return result.completed() ? ExitCodes.OK : interruption.exitCode();
            }
        }
    }

    /** With the options that its advice means. */
    private static TrainingResult run(Trainer trainer) {
        try {
            return trainer.run();
        } catch (TrainingDivergedException e) {
            throw new TrainingDivergedException(e.getMessage() + " (--learning-rate, --warmup, --clip-norm)", e);
        } catch (OutOfDeviceMemoryException e) {
            throw new OutOfDeviceMemoryException(e.getMessage() + " (--batch)", e.requestedBytes(), e.stats());
        }
    }

    /**
     * Running statistics come to be the network's own within an epoch, or they would still be the start values when the first epochs are
     * measured.
     */
    static void followWithin(long stepsPerEpoch, Module network) {
        float momentum = (float) (1 - Math.pow(STATISTICS_OF_BEFORE, 1.0 / stepsPerEpoch));
        network.visit((name, module) -> {
            if (module instanceof BatchNorm2d norm) {
                norm.momentum(Math.max(norm.momentum(), momentum));
            }
        });
    }

    /** Where a run goes on for more or fewer epochs, its schedule is another. */
    private void tellOfRate(long step, long stepsPerEpoch) {
        if (before == null || step == 0 || step >= stepsPerEpoch * settings.epochs()) {
            return;
        }
        double last = before.createSchedule(stepsPerEpoch).at(step - 1);
        double next = settings.createSchedule(stepsPerEpoch).at(step);
        if (before.epochs() != settings.epochs() && Math.abs(next - last) > 0.01 * Math.max(next, last)) {
            console.note(String.format(
                    Locale.ROOT,
                    "tandem: %s now runs over %d epochs instead of %d, so the learning rate jumps from %.2g to %.2g",
                    settings.schedule(),
                    settings.epochs(),
                    before.epochs(),
                    last,
                    next));
        }
    }

    private void tellOfMove() {
        if (before != null && !before.data().equals(settings.data())) {
            console.note("tandem: the images of " + settings.data() + " are those of " + before.data()
                    + ", by number, labels and names of files; the run goes on with them");
        }
    }

    /** What the images are called that the network is measured on after each epoch. */
    private String measuredOn() {
        boolean test = validationData == testData && !(testData instanceof ImageFolder photos && photos.isValidation());
        return test ? "test" : "validation";
    }

    /** What the images are called that the finished network is measured on. */
    private String testedOn() {
        return validationData == testData ? measuredOn() : "test";
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
        boolean fromNothing = settings.pretrained() == null && settings.weights() == null;
        if (fromNothing && trainData.cutsPhotos() && trainData.size() < FEW_PHOTOS) {
            boolean published = settings.entry().defaults().imageSize() >= IMAGENET_SIZE;
            console.note("tandem: these photos are few to learn from nothing; "
                    + (published ? settings.model() : "a network for photos, such as resnet18,")
                    + " gets further with published weights: --pretrained FILE (docs/transfer.md)");
        }
    }

    /**
     * What the finished network scores on the test images; null if it is not finished or there are none. However many of them are
     * broken, since it is finished.
     */
    private Evaluation test(
            TrainingResult result,
            Module network,
            NetworkSpec spec,
            Device device,
            LossFunction loss,
            List<ImageException> broken) {
        if (!result.completed() || testData == null) {
            return null;
        }
        if (validationData == testData && result.validation() != null) {
            return result.validation();
        }
        BrokenImages skipped = new BrokenImages(testData, BrokenLimit.ANY);
        Evaluation test = Evaluator.evaluate(network, spec, testData, settings.batch(), device, null, loss, skipped);
        broken.addAll(skipped.list());
        return test;
    }
}
