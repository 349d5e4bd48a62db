package dev.tandem.cli;

import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.tensor.Device;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** How fast the benchmark's networks train, with batches that fill a GPU of 16 GB and, halved until they fit, smaller ones. */
final class ThroughputCheck {
    /** Images a step on a GPU, and on a CPU as in {@code docs/benchmarks.md}. */
    private record Batch(int gpu, int cpu) {}

    private static final Map<String, Batch> BATCHES = new LinkedHashMap<>();

    static {
        BATCHES.put("lenet5", new Batch(1024, 128));
        BATCHES.put("alexnet", new Batch(256, 32));
        BATCHES.put("resnet18_cifar", new Batch(256, 64));
        BATCHES.put("vgg11", new Batch(64, 8));
        BATCHES.put("mobilenet_v2", new Batch(64, 16));
        BATCHES.put("resnet50", new Batch(64, 8));
    }

    private static final Batch OTHERS = new Batch(64, 8);
    private static final int WARMUP = 5;

    private final CheckSettings settings;
    private final Set<String> done;
    private final CheckEvents events;

    ThroughputCheck(CheckJob job, CheckEvents events) {
        this.settings = job.settings();
        this.done = job.done();
        this.events = events;
    }

    /** Those of the benchmarks. */
    static Set<String> networks() {
        return BATCHES.keySet();
    }

    void run() {
        for (String name : settings.networks()) {
            if (!done.contains(name)) {
                events.begin(name);
                Batch batch = BATCHES.getOrDefault(name, OTHERS);
                measure(Models.get(name), settings.isCpu() ? batch.cpu : batch.gpu);
                events.end(name);
            }
        }
    }

    private void measure(ModelEntry entry, int batch) {
        try {
            for (int images = batch; images >= 1; images /= 2) {
                if (measured(entry, images)) {
                    return;
                }
            }
            events.fail(entry.name(), "not even one image fits into the device's memory");
        } catch (RuntimeException e) {
            e.printStackTrace();
            events.fail(entry.name(), String.valueOf(e.getMessage()));
            CheckDevice.endIfLost(settings.device(), events);
        }
    }

    /** Whether there was room for it. Each try has a device of its own, and so nothing of the one before in memory. */
    private boolean measured(ModelEntry entry, int images) {
        ModelOptions options = entry.defaults();
        try (Device device = CheckDevice.open(settings)) {
            TrainingSpeed speed =
                    TrainingSpeed.measure(device, entry.build(options), options, images, WARMUP, settings.timedSteps());
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("network", entry.name());
            row.put("image", options.channels() + "×" + options.imageSize() + "×" + options.imageSize());
            row.put("batch", images);
            row.put("images/s", Format.rounded(speed.imagesPerSecond(), 1));
            row.put("step, ms", Format.rounded(speed.median(), 3));
            row.put("90 % within, ms", Format.rounded(speed.ninetieth(), 3));
            row.put("peak, bytes", speed.peakBytes());
            row.put("first step, s", Format.rounded(speed.firstStepSeconds(), 2));
            events.row(row);
            events.verdict(
                    Float.isFinite(speed.lastLoss()),
                    entry.name(),
                    Float.isFinite(speed.lastLoss()) ? null : "the loss became " + speed.lastLoss());
            return true;
        } catch (OutOfDeviceMemoryException e) {
            events.note(entry.name() + ": no room for batches of " + images);
            return false;
        }
    }
}
