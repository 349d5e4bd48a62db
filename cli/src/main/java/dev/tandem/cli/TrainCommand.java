package dev.tandem.cli;

import dev.tandem.data.ImageDataset;
import dev.tandem.data.ImageFolder;
import dev.tandem.data.Resize;
import dev.tandem.data.Split;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.Models;
import dev.tandem.trainer.NetworkSpec;
import dev.tandem.trainer.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;

/** {@code tandem train}: settles what to do; {@link TrainingJob} does it. */
@Command(
        name = "train",
        sortOptions = false,
        description = {
            "Trains a network, and leaves it in a run folder.",
            "Without options: LeNet-5 on the handwritten digits that ship, to 99 %% in under a minute.",
            "Ctrl-C saves a checkpoint and ends, and so does a lost terminal; --resume goes on as if it had never stopped."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tandem train",
            "  tandem train --data ~/fashion-mnist --epochs 10",
            "  tandem train --model resnet18_cifar --data ~/cifar-10-batches-bin",
            "  tandem train --optimizer adam --learning-rate 0.002 --schedule cosine",
            "  tandem train --model mobilenet_v2 --data ~/photos --pretrained mobilenet_v2.safetensors --freeze body",
            "  tandem train --resume                  go on with the newest run",
            "  tandem train --resume --run runs/mine  go on with that one",
            "  tandem train --json 2>/dev/null | jq .testAccuracy"
        })
final class TrainCommand extends Subcommand {
    /** What may differ when a run goes on: where it computes, how long, and where its data lies. */
    private static final List<String> MAY_CHANGE =
            List.of("epochs", "device", "threads", "memoryLimit", "checkpointEvery", "data", "maxBroken");

    @ArgGroup(validate = false)
    private TrainFlags flags = new TrainFlags();

    @Override
    public Integer call() {
        return flags.run.resume ? resume() : start();
    }

    private int start() {
        if (flags.reuse.pretrained != null) {
            flags.reuse.pretrained = TrainedNetwork.locate(flags.reuse.pretrained);
        }
        Pretrained pretrained = flags.reuse.pretrained == null
                ? null
                : Pretrained.read(flags.reuse.pretrained.toAbsolutePath().toString());
        ModelEntry model = flags.what.model != null
                ? flags.what.model
                : pretrained == null ? Models.get("lenet5") : pretrained.model();
        String data = flags.what.data == null ? TrainSettings.MNIST : DataSource.absolute(flags.what.data.toString());
        if (flags.what.weights != null) {
            flags.what.weights = TrainedNetwork.locate(flags.what.weights);
        }
        ImageDataset images = DataSource.open(data, Split.TRAIN, flags.what.imageSize);
        if (images.cutsPhotos() && flags.what.imageSize == null) {
            flags.what.imageSize = Optional.ofNullable(pretrained)
                    .flatMap(Pretrained::spec)
                    .map(NetworkSpec::height)
                    .orElse(model.defaults().imageSize());
            images = DataSource.open(data, Split.TRAIN, flags.what.imageSize);
        }
        Resize resize = null;
        if (images.cutsPhotos() && pretrained != null) {
            resize = pretrained.resize(model, flags.what.imageSize);
            images = DataSource.open(data, Split.TRAIN, flags.what.imageSize, resize);
        }
        TrainSettings recipe = pretrained == null
                ? Recipes.of(model, images.channels() == 3, DataSource.isMnist(data))
                : Recipes.fineTuning(model, images.channels() == 3);
        if (images.cutsPhotos() && recipe.augmentation() == Augmentations.MIRROR) {
            recipe = recipe.with(Map.of("augmentation", Augmentations.CROP));
        }
        recipe = Recipes.forImages(recipe, images.size(), flags.how.batch);
        TrainSettings settings = withFittingWarmup(recipe.with(withUsualRate(flags.given())));
        check(settings);
        Transfer.check(settings);
        if (settings.augmentation() == Augmentations.CROP && !images.cutsPhotos()) {
            throw new UsageException("--augmentation crop: it cuts parts out of photos, and the images of "
                    + images.name() + " have one size; use mirror or shift");
        }
        Path folder = flags.run.folder;
        RunFolder.requireFree(folder == null ? Runs.folder() : folder);
        TrainingJob job = new TrainingJob(console(), settings, flags.device, images, resize);
        return job.run(
                () -> RunFolder.create(
                        folder == null ? Runs.create(Runs.folder(), model.name(), LocalDateTime.now()) : folder),
                null,
                pretrained);
    }

    /** An optimizer that was asked for without a learning rate takes its own usual one. */
    private static Map<String, Object> withUsualRate(Map<String, Object> given) {
        Map<String, Object> changes = new LinkedHashMap<>(given);
        Object optimizer = given.get("optimizer");
        if (optimizer != null && optimizer != Optimizers.MOMENTUM) {
            changes.putIfAbsent("learningRate", ((Optimizers) optimizer).usualLearningRate());
        }
        return changes;
    }

    /** A network's usual warm-up must not take the whole of a short run; a tenth is as much as one takes for a long one. */
    private TrainSettings withFittingWarmup(TrainSettings settings) {
        boolean fits = flags.how.warmup != null || settings.warmup() < settings.epochs();
        return fits ? settings : settings.with(Map.of("warmup", settings.epochs() / 10.0));
    }

    private static void check(TrainSettings settings) {
        if (settings.momentum() != null && !settings.optimizer().takesMomentum()) {
            throw new UsageException("--momentum " + settings.momentum() + ": " + settings.optimizer()
                    + " has none; use --optimizer momentum, nesterov, rmsprop or lars");
        }
        if (settings.warmup() >= settings.epochs() && settings.warmup() > 0) {
            throw new UsageException("--warmup " + settings.warmup() + ": of " + settings.epochs()
                    + " epochs nothing would be left; warm up for less, or train for more");
        }
    }

    private int resume() {
        Path folder = flags.run.folder != null
                ? flags.run.folder
                : Runs.newest(Runs.folder(), run -> Files.isRegularFile(run.resolve("config.yaml")))
                        .orElseThrow(() -> new UsageException(
                                "--resume: there is no run in runs/; name its folder with --run, or start without"
                                        + " --resume"));
        if (!Files.isDirectory(folder)) {
            throw new UsageException("run folder " + folder + ": there is no such folder to resume from");
        }
        RunFolder run = RunFolder.open(folder);
        try (RunFolder.Hold held = run.hold()) {
            return resume(run);
        }
    }

    private int resume(RunFolder run) {
        TrainSettings before = TrainSettings.fromMap(run.config().toString(), RunConfig.read(run));
        Map<String, Object> given = flags.given();
        TrainSettings settings = before.with(given);
        Map<String, Object> beforeMap = before.toMap();
        settings.toMap().forEach((name, value) -> {
            if (given.containsKey(name) && !MAY_CHANGE.contains(name) && !Objects.equals(value, beforeMap.get(name))) {
                throw new UsageException(
                        "--" + name.replaceAll("([A-Z])", "-$1").toLowerCase(java.util.Locale.ROOT) + " "
                                + value + ": the run in " + run.path() + " was started with " + beforeMap.get(name)
                                + " and goes on with that; leave it out, or start a new run with --weights");
            }
        });
        check(settings); // with other epochs
        Transfer.check(settings);
        NetworkSpec network = run.networkSpec().orElse(null);
        Pretrained pretrained =
                network == null && settings.pretrained() != null ? Pretrained.read(settings.pretrained()) : null;
        Resize resize = network != null
                ? network.resize()
                : pretrained == null || settings.imageSize() == null
                        ? null
                        : pretrained.resize(settings.entry(), settings.imageSize());
        ImageDataset images = withRemoved(imagesOf(settings, given.containsKey("data"), resize), run.brokenPhotos());
        if (!run.hasCheckpoint()) {
            console().note("tandem: the run in " + run.path() + " has no checkpoint yet; it begins anew");
        }
        TrainingJob job = new TrainingJob(console(), settings, flags.device.orElse(settings), images, resize);
        job.goesOnFrom(before);
        return job.run(() -> run, network, pretrained);
    }

    private static ImageDataset imagesOf(TrainSettings settings, boolean named, Resize resize) {
        try {
            return DataSource.open(settings.data(), Split.TRAIN, settings.imageSize(), resize);
        } catch (UsageException e) {
            if (named) {
                throw e;
            }
            throw new UsageException(
                    e.getMessage() + "; if the run's data was moved or renamed, name its new place with --data", e);
        }
    }

    /** Photos that could not be read may be deleted: their places stay empty, and all others come in the order that they had. */
    private ImageDataset withRemoved(ImageDataset images, List<String> broken) {
        if (!(images instanceof ImageFolder)) {
            return images;
        }
        ImageDataset whole = ((ImageFolder) images).withRemoved(broken);
        int gone = whole.size() - images.size();
        if (gone > 0) {
            console()
                    .note(
                            "tandem: " + Format.counted(gone, "photo") + " that could not be read "
                                    + (gone == 1 ? "is" : "are")
                                    + " gone since; places in the order stay empty, so that the run goes on bit for bit as if they were skipped");
        }
        return whole;
    }
}
