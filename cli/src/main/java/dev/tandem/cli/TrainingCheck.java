package dev.tandem.cli;

import dev.tandem.data.ImageDataset;
import dev.tandem.data.Split;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.tensor.Device;
import dev.tandem.trainer.Callback;
import dev.tandem.trainer.NetworkSpec;
import dev.tandem.trainer.Trainer;
import dev.tandem.trainer.TrainingResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code tandem train}'s own job: LeNet-5's first losses must be the CPU's, and it must learn the data that ships. */
final class TrainingCheck {
    private static final ModelEntry NETWORK = Models.get("lenet5");
    /** Of the data that ships, of which the main job reaches 99.15 % on the CPU; nobody knows what other data allow. */
    private static final double LEAST_ACCURACY = 0.99;
    /** Of the first loss: sums of float32 in another order differ by some 1e-6 of it. */
    private static final double FIRST_TOLERANCE = 1e-5;
    /** Each step passes the differences on through the weights; measured over 20 steps they stay far below this. */
    private static final double TOLERANCE = 1e-3;

    private final CheckSettings settings;
    private final CheckEvents events;
    private final TrainSettings job;
    private final ImageDataset images;
    private final ImageDataset test;

    TrainingCheck(CheckSettings settings, CheckEvents events) {
        this.settings = settings;
        this.events = events;
        this.job = Recipes.of(NETWORK, false, true)
                .with(Map.of("batch", settings.batch(), "epochs", Math.max(1, settings.epochs())));
        this.images = DataSource.open(settings.data(), Split.TRAIN, null);
        this.test = DataSource.open(settings.data(), Split.TEST, null);
    }

    /** @throws UsageException if there are no such data, or they do not fit the network or the batch */
    static void requireFitting(CheckSettings settings) {
        ImageDataset images = DataSource.open(settings.data(), Split.TRAIN, null);
        DataSource.open(settings.data(), Split.TEST, null);
        if (images.height() != images.width()) {
            throw new UsageException("--data " + settings.data() + ": its images are " + images.height() + "×"
                    + images.width() + ", " + NETWORK.name() + " takes square ones; choose other data");
        }
        NetworkSize.build(NETWORK, options(images));
        if (settings.batch() > images.size()) {
            throw new UsageException("--batch " + settings.batch() + ": data set " + images.name() + " has "
                    + images.size() + " images to train on; use a smaller batch");
        }
    }

    private static ModelOptions options(ImageDataset images) {
        return new ModelOptions(images.classNames().size(), images.channels(), images.height());
    }

    void run() {
        events.fact("data", images.name() + ", " + Format.grouped(images.size()) + " images to train on");
        if (settings.isCpu()) {
            events.note("the device is the CPU itself, so equal losses prove nothing about a GPU");
        }
        List<Double> expected = new ArrayList<>();
        train("cpu", false, expected);
        List<Double> actual = new ArrayList<>();
        TrainingResult result = train(settings.device(), settings.epochs() > 0, actual);
        compare(expected, actual);
        if (settings.epochs() > 0) {
            double accuracy = result.validation().top1();
            events.fact("testAccuracy", accuracy);
            events.fact("trainSeconds", Format.rounded(result.seconds(), 2));
            judge(
                    accuracy,
                    Format.percent(accuracy) + " of the test images after " + Format.counted(result.epochs(), "epoch")
                            + " in " + Format.seconds(result.seconds()));
        }
    }

    private void judge(double accuracy, String text) {
        if (DataSource.isMnist(settings.data())) {
            events.verdict(
                    accuracy >= LEAST_ACCURACY,
                    "accuracy",
                    text + "; at least " + Format.percent(LEAST_ACCURACY) + " is wanted");
        } else {
            events.note(text + "; no accuracy is expected of other data than those that ship");
        }
    }

    /** @param losses gets those of the first steps, after which it stops unless it is to go on to the end */
    private TrainingResult train(String deviceName, boolean toTheEnd, List<Double> losses) {
        Module network = NETWORK.build(options(images));
        try (Device device = CheckDevice.open(deviceName, settings)) {
            NetworkSpec spec = new NetworkSpec(
                    NETWORK.name(),
                    images.channels(),
                    images.height(),
                    images.width(),
                    images.classNames(),
                    job.normalization().of(images, device.threads(), job.brokenLimit()));
            network.initialize(device, job.seed());
            return Trainer.builder(network, spec)
                    .trainOn(images)
                    .validateOn(test)
                    .optimizer(job.createOptimizer(network))
                    .learningRate(job.createSchedule(images.size() / job.batch()))
                    .batchSize(job.batch())
                    .epochs(job.epochs())
                    .seed(job.seed())
                    .callback(watch(deviceName, toTheEnd, losses))
                    .train();
        }
    }

    private Callback watch(String deviceName, boolean toTheEnd, List<Double> losses) {
        return new Callback() {
            @Override
            public void onStep(Trainer trainer, Step step) {
                if (losses.size() < settings.compareSteps()) {
                    losses.add((double) step.loss());
                }
                if (!toTheEnd && losses.size() == settings.compareSteps()) {
                    trainer.requestStop();
                }
            }

            @Override
            public void onEpoch(Trainer trainer, Epoch epoch) {
                events.note(String.format(
                        Locale.ROOT,
                        "%s, epoch %d/%d: loss %.4f, test %s, %,.0f images/s",
                        deviceName,
                        epoch.epoch(),
                        trainer.epochs(),
                        epoch.trainLoss(),
                        Format.percent(epoch.validation().top1()),
                        epoch.imagesPerSecond()));
            }
        };
    }

    private void compare(List<Double> expected, List<Double> actual) {
        double worst = 0;
        boolean close = expected.size() == actual.size();
        for (int step = 0; step < Math.min(expected.size(), actual.size()); step++) {
            double share = Math.abs(actual.get(step) - expected.get(step)) / expected.get(0);
            worst = Math.max(worst, share);
            close &= share <= (step == 0 ? FIRST_TOLERANCE : TOLERANCE);
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("step", step + 1);
            row.put(settings.device() + " loss", Format.rounded(actual.get(step), 6));
            row.put("cpu loss" + (settings.isCpu() ? " again" : ""), Format.rounded(expected.get(step), 6));
            row.put("difference", actual.get(step) - expected.get(step));
            events.row(row);
        }
        events.verdict(
                close,
                "losses",
                String.format(
                        Locale.ROOT,
                        "the first %d losses differ from the CPU's by at most %.1e of the first one; %.0e is allowed, %.0e in"
                                + " the first step",
                        actual.size(),
                        worst,
                        TOLERANCE,
                        FIRST_TOLERANCE));
    }
}
