package dev.tandem.cli;

import dev.tandem.backend.MemoryStats;
import dev.tandem.models.Models;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Trains LeNet-5 on batches from the host and looks at memory ten times: after the first look nothing may grow. */
final class FlatnessCheck {
    private static final int LOOKS = 10;
    /** Java compiles and the C library keeps; 16 KB a step over 1,000 steps would show. */
    private static final long TOLERANCE_BYTES = 16L << 20;

    private final CheckSettings settings;
    private final CheckEvents events;
    private final List<Look> looks = new ArrayList<>();

    /** @param usedBytes of the device in all as it says itself, else of this process */
    private record Look(int step, MemoryStats stats, long usedBytes, long javaBytes) {}

    FlatnessCheck(CheckSettings settings, CheckEvents events) {
        this.settings = settings;
        this.events = events;
    }

    void run() {
        try (Device device = CheckDevice.open(settings)) {
            Module network = Models.get("lenet5").build(Models.get("lenet5").defaults());
            network.initialize(device, 1);
            network.setTraining(true);
            Optimizer optimizer = new Sgd(network, 0.01f).momentum(0.9f).weightDecay(5e-4f);
            float[] images = new float[settings.batch() * 28 * 28];
            long[] labels = new long[settings.batch()];
            int every = Math.max(1, settings.flatSteps() / LOOKS);
            for (int step = 1; step <= settings.flatSteps(); step++) {
                fill(step, images, labels);
                step(device, network, optimizer, images, labels);
                if (step % every == 0) {
                    look(device, step);
                }
            }
        }
        judge();
    }

    /** Other numbers in each step, so that nothing can be kept from the one before. */
    private static void fill(int step, float[] images, long[] labels) {
        for (int i = 0; i < images.length; i++) {
            images[i] = (i * 31 + step) % 17 / 8f - 1;
        }
        for (int i = 0; i < labels.length; i++) {
            labels[i] = (i + step) % 10;
        }
    }

    private void step(Device device, Module network, Optimizer optimizer, float[] images, long[] labels) {
        try (Scope scope = Scope.open()) {
            optimizer.clearGradients();
            Tensor input = Tensor.of(device, images, settings.batch(), 1, 28, 28);
            Tensor loss = Losses.crossEntropy(network.apply(input), Tensor.ofLongs(device, labels, settings.batch()));
            loss.backward();
            optimizer.step();
            loss.item();
        }
    }

    private void look(Device device, int step) {
        System.gc();
        Runtime java = Runtime.getRuntime();
        OptionalLong free = device.memory().freeBytes();
        long used = free.isPresent() ? device.info().memoryBytes() - free.getAsLong() : ThisProcess.residentBytes();
        Look look = new Look(step, device.memoryStats(), used, java.totalMemory() - java.freeMemory());
        looks.add(look);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("step", step);
        row.put("liveBytes", look.stats.liveBytes());
        row.put("pooledBytes", look.stats.liveBytes() + look.stats.cachedBytes());
        row.put("allocations from the system", look.stats.systemAllocations());
        row.put(free.isPresent() ? "used by the driver's account, bytes" : "process, bytes", used);
        row.put("Java heap, bytes", look.javaBytes);
        events.row(row);
    }

    private void judge() {
        Look first = looks.get(0);
        Look last = looks.get(looks.size() - 1);
        String steps = " from step " + first.step + " to " + last.step;
        events.verdict(
                looks.stream().allMatch(look -> look.stats.liveBytes() == first.stats.liveBytes()),
                "live memory",
                "the same" + steps + ": " + Format.bytes(first.stats.liveBytes()) + " and "
                        + Format.bytes(last.stats.liveBytes()));
        events.verdict(
                looks.stream()
                        .allMatch(look -> look.stats.systemAllocations() == first.stats.systemAllocations()
                                && look.stats.cachedBytes() == first.stats.cachedBytes()),
                "pool",
                "the same" + steps + ": "
                        + (last.stats.systemAllocations() - first.stats.systemAllocations())
                        + " more allocations from the system");
        grows("device", "what the device says is in use, by whomever,", first.usedBytes, last.usedBytes, steps);
        grows("Java heap", "what is live after a collection", first.javaBytes, last.javaBytes, steps);
    }

    private void grows(String item, String what, long before, long after, String steps) {
        events.verdict(
                after - before <= TOLERANCE_BYTES,
                item,
                what + " went from " + Format.bytes(before) + " to " + Format.bytes(after) + steps + "; "
                        + Format.bytes(TOLERANCE_BYTES) + " more would be too much");
    }
}
