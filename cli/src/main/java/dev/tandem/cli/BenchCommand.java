package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.tensor.Device;
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
            double secondsBefore = ThisProcess.secondsSinceStart();
            TrainingSpeed speed = TrainingSpeed.measure(opened, built, options, images, warmup, steps);
            report(entry, options, speed, secondsBefore + speed.firstStepSeconds(), opened);
            device.report(console(), opened);
        }
        return ExitCodes.OK;
    }

    private void report(
            ModelEntry model, ModelOptions options, TrainingSpeed speed, double firstStepSeconds, Device opened) {
        long residentBytes = ThisProcess.peakResidentBytes();
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("model", model.name());
        result.put("batch", speed.batch());
        result.put("imageSize", options.imageSize());
        result.put("channels", options.channels());
        result.put("classes", options.classes());
        result.put("device", opened.name());
        result.put("threads", opened.threads());
        result.put("steps", speed.stepMillis().length);
        result.put("imagesPerSecond", Format.rounded(speed.imagesPerSecond(), 2));
        result.put("stepMillis", Format.rounded(speed.median(), 3));
        result.put("stepMillisMin", Format.rounded(speed.fastest(), 3));
        result.put("stepMillisP90", Format.rounded(speed.ninetieth(), 3));
        result.put("peakBytes", speed.peakBytes());
        result.put("peakResidentBytes", residentBytes);
        result.put("firstStepSeconds", Format.rounded(firstStepSeconds, 3));
        String text = String.format(
                java.util.Locale.ROOT,
                "%s, %d images of %d×%d×%d a step, on %s%n"
                        + "%.1f images/s; a step takes %.2f ms (fastest %.2f, 90 %% within %.2f)%n"
                        + "%s on the device, %s in all; first step done %.2f s after the start",
                model.name(),
                speed.batch(),
                options.channels(),
                options.imageSize(),
                options.imageSize(),
                opened.name(),
                speed.imagesPerSecond(),
                speed.median(),
                speed.fastest(),
                speed.ninetieth(),
                Format.bytes(speed.peakBytes()),
                residentBytes == 0 ? "an unknown amount" : Format.bytes(residentBytes),
                firstStepSeconds);
        console().result(result, text);
    }
}
