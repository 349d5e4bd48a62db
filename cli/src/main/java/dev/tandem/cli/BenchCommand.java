package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tandem bench}: how fast a network trains here, without data. */
@Command(
        name = "bench",
        description = {
            "Times training steps on random images: forward, loss, backward, momentum SGD with weight decay.",
            "Images a second come from the median step."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  tandem bench", "  tandem bench --model alexnet --batch 32 --threads 2 --steps 10"})
final class BenchCommand extends Subcommand {
    private static final float LEARNING_RATE = 0.001f;

    @ArgGroup(validate = false, heading = "%nThe network:%n")
    private Network network = new Network();

    static final class Network extends NetworkSize {
        @Option(
                names = "--model",
                paramLabel = "MODEL",
                converter = Values.Model.class,
                completionCandidates = Values.ModelNames.class,
                description = "Its name; tandem models lists all (default: lenet5).")
        private ModelEntry model;
    }

    @ArgGroup(validate = false, heading = "%nThe measurement:%n")
    private Measurement measurement = new Measurement();

    static final class Measurement {
        @Option(
                names = "--batch",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Images a step (default: 128 of up to 64 pixels, else 32).")
        private Integer batch;

        @Option(
                names = "--steps",
                paramLabel = "N",
                converter = Values.AtLeastOne.class,
                description = "Steps to time (default: 10).")
        private Integer steps;

        @Option(
                names = "--warmup",
                paramLabel = "N",
                converter = Values.NotNegative.class,
                description = "Steps before them that are not timed (default: 3).")
        private Long warmup;
    }

    @ArgGroup(validate = false, heading = DeviceSettings.HEADING)
    private DeviceSettings device = new DeviceSettings();

    @Override
    public Integer call() {
        ModelEntry entry = network.model == null ? Models.get("lenet5") : network.model;
        ModelOptions options = network.of(entry);
        Module built = NetworkSize.build(entry, options);
        int images = measurement.batch != null ? measurement.batch : options.imageSize() <= 64 ? 128 : 32;
        int steps = measurement.steps == null ? 10 : measurement.steps;
        long warmup = measurement.warmup == null ? 3 : measurement.warmup;
        try (Device opened = device.open(false)) {
            built.initialize(opened, 1);
            Optimizer optimizer = new Sgd(built, LEARNING_RATE).momentum(0.9f).weightDecay(5e-4f);
            int side = options.imageSize();
            Tensor input = opened.random()
                    .normal(images, options.channels(), side, side)
                    .persist();
            Tensor labels =
                    opened.random().integers(0, options.classes(), images).persist();
            double firstStepSeconds = Double.NaN;
            double[] millis = new double[steps];
            for (long i = -warmup; i < steps; i++) {
                long start = System.nanoTime();
                step(built, optimizer, input, labels);
                if (i >= 0) {
                    millis[(int) i] = (System.nanoTime() - start) / 1e6;
                }
                if (Double.isNaN(firstStepSeconds)) {
                    firstStepSeconds = ThisProcess.secondsSinceStart();
                }
            }
            report(entry, options, images, millis, firstStepSeconds, opened);
            device.report(console(), opened);
        }
        return ExitCodes.OK;
    }

    private static void step(Module network, Optimizer optimizer, Tensor input, Tensor labels) {
        try (Scope scope = Scope.open()) {
            optimizer.clearGradients();
            Tensor loss = Losses.crossEntropy(network.apply(input), labels);
            loss.backward();
            optimizer.step();
            loss.item(); // waits for the device
        }
    }

    private void report(
            ModelEntry model,
            ModelOptions options,
            int images,
            double[] millis,
            double firstStepSeconds,
            Device opened) {
        double[] sorted = millis.clone();
        Arrays.sort(sorted);
        double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        double ninetieth = sorted[(int) Math.ceil(0.9 * sorted.length) - 1];
        double imagesPerSecond = 1000 * images / median;
        long peakBytes = opened.memoryStats().peakBytes();
        long residentBytes = ThisProcess.peakResidentBytes();
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("model", model.name());
        result.put("batch", images);
        result.put("imageSize", options.imageSize());
        result.put("channels", options.channels());
        result.put("classes", options.classes());
        result.put("device", opened.name());
        result.put("threads", device.threads());
        result.put("steps", millis.length);
        result.put("imagesPerSecond", Format.rounded(imagesPerSecond, 2));
        result.put("stepMillis", Format.rounded(median, 3));
        result.put("stepMillisMin", Format.rounded(sorted[0], 3));
        result.put("stepMillisP90", Format.rounded(ninetieth, 3));
        result.put("peakBytes", peakBytes);
        result.put("peakResidentBytes", residentBytes);
        result.put("firstStepSeconds", Format.rounded(firstStepSeconds, 3));
        String text = String.format(
                java.util.Locale.ROOT,
                "%s, %d images of %d×%d×%d a step, on %s%n"
                        + "%.1f images/s; a step takes %.2f ms (fastest %.2f, 90 %% within %.2f)%n"
                        + "%s on the device, %s in all; first step done %.2f s after the start",
                model.name(),
                images,
                options.channels(),
                options.imageSize(),
                options.imageSize(),
                opened.name(),
                imagesPerSecond,
                median,
                sorted[0],
                ninetieth,
                Format.bytes(peakBytes),
                residentBytes == 0 ? "an unknown amount" : Format.bytes(residentBytes),
                firstStepSeconds);
        console().result(result, text);
    }
}
