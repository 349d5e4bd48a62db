package dev.tandem.conformance;

import static dev.tandem.nn.Layers.batchNorm;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.localResponseNorm;
import static dev.tandem.nn.Layers.maxPool;
import static dev.tandem.nn.Layers.relu;
import static dev.tandem.nn.Layers.sequential;

import com.sun.management.ThreadMXBean;
import dev.tandem.backend.MemoryStats;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A small convolutional network in training: batches from the host, a smaller one at each epoch's end, an evaluation now and
 * then. Prints what memory it holds after each step, for {@link MemoryFlatnessTest}, which runs it in a Java of its own.
 */
final class FlatTraining {
    static final int STEPS = 1000;
    /** The process's and Java's memory are looked at every so many steps, since that takes time. */
    static final int MEASURED = 100;

    private static final int BATCH = 8;
    private static final int LAST_BATCH = 3;
    private static final int STEPS_OF_EPOCH = 20;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private FlatTraining() {}

    /** @param arguments the device's name */
    public static void main(String[] arguments) throws IOException {
        try (Device device = Device.open(arguments[0])) {
            Module network = sequential(
                    conv(3, 8, 3).padding(1),
                    batchNorm(8),
                    relu(),
                    maxPool(2),
                    conv(8, 16, 3).padding(1),
                    relu(),
                    localResponseNorm(5, 1e-4f, 0.75f, 2),
                    maxPool(3).stride(2),
                    flatten(),
                    linear(16 * 3 * 3, 32),
                    relu(),
                    dropout(0.5f),
                    linear(32, 10));
            network.initialize(device, 1);
            Optimizer optimizer =
                    new Sgd(network, 0.01f).momentum(0.9f).weightDecay(1e-4f).clipByNorm(1);
            for (int step = 1; step <= STEPS; step++) {
                train(device, network, optimizer, step % STEPS_OF_EPOCH == 0 ? LAST_BATCH : BATCH);
                if (step % STEPS_OF_EPOCH == 0) {
                    evaluate(device, network);
                }
                report(device, step);
            }
        }
    }

    private static void train(Device device, Module network, Optimizer optimizer, int batch) {
        network.setTraining(true);
        try (Scope scope = Scope.open()) {
            Tensor loss = Losses.crossEntropy(network.apply(images(device, batch)), labels(device, batch));
            loss.backward();
            optimizer.step();
            optimizer.clearGradients();
            if (!Float.isFinite(loss.item())) {
                throw new AssertionError("the loss is " + loss.item());
            }
        }
    }

    private static void evaluate(Device device, Module network) {
        network.setTraining(false);
        try (Scope scope = Scope.open()) {
            network.apply(images(device, 2 * BATCH)).argmax(1).toLongArray();
        }
    }

    private static Tensor images(Device device, int batch) {
        float[] values = new float[batch * 3 * 14 * 14];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 7 - 3;
        }
        return Tensor.of(device, values, batch, 3, 14, 14);
    }

    private static Tensor labels(Device device, int batch) {
        long[] labels = new long[batch];
        for (int i = 0; i < batch; i++) {
            labels[i] = i % 10;
        }
        return Tensor.ofLongs(device, labels, batch);
    }

    /**
     * Step, live bytes, cached bytes, live storages, system allocations, the process's memory, Java's objects, bytes of Java's
     * objects ever made on this thread.
     */
    private static void report(Device device, int step) throws IOException {
        MemoryStats stats = device.memoryStats();
        boolean measured = step % MEASURED == 0;
        System.out.println("memory " + step + " " + stats.liveBytes() + " " + stats.cachedBytes() + " "
                + stats.liveStorages() + " " + stats.systemAllocations() + " " + (measured ? residentBytes() : 0) + " "
                + (measured ? heapBytes() : 0) + " " + THREADS.getCurrentThreadAllocatedBytes());
    }

    private static long heapBytes() {
        System.gc();
        Runtime java = Runtime.getRuntime();
        return java.totalMemory() - java.freeMemory();
    }

    /** As Linux tells it; 0 elsewhere. */
    private static long residentBytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        try (Stream<String> lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        }
    }
}
