package dev.tandem.cli;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.tensor.Device;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** The options that say where to compute. */
final class DeviceSettings extends CudaSettings {
    static final String HEADING = "%nWhere to compute:%n";
    private static final Pattern NAME = Pattern.compile("auto|cpu|cuda(:\\d+)?");

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "auto, cpu, cuda, cuda:1, …; auto takes the best there is (default: auto).")
    String device;

    @Option(
            names = "--threads",
            paramLabel = "N",
            converter = Values.AtLeastOne.class,
            description =
                    "CPU threads to compute with, and as many to decode photos ahead (default: OMP_NUM_THREADS, or one a core).")
    Integer threads;

    @Option(
            names = "--memory-limit",
            paramLabel = "BYTES",
            converter = Values.Bytes.class,
            description = "The most memory to take on the device, such as 800M or 2G (default: what it has).")
    Long memoryLimit;

    @Option(
            names = "--memory-report",
            description = "Tell at the end what the device's memory was used for, and by which code lines.")
    boolean memoryReport;

    /** These, and where one was not given, those of a run's start. */
    DeviceSettings orElse(TrainSettings before) {
        DeviceSettings settings = new DeviceSettings();
        settings.device = device == null ? before.device() : device;
        settings.threads = threads == null ? before.threads() : threads;
        settings.memoryLimit = memoryLimit == null ? before.memoryLimit() : memoryLimit;
        settings.memoryReport = memoryReport;
        settings.cudaHome = cudaHome;
        return settings;
    }

    /** Opens the device for the calling thread. */
    Device open(boolean deterministic) {
        String name = device == null ? "auto" : device;
        if (!NAME.matcher(name).matches()) {
            throw new UsageException(
                    "device " + name + ": there is no such kind; use auto, cpu, cuda or cuda:1 (tandem devices lists"
                            + " what is here)");
        }
        applyCudaHome();
        DeviceOptions options =
                DeviceOptions.DEFAULT.withDeterministic(deterministic).withTraceAllocations(memoryReport);
        if (threads != null) {
            options = options.withThreads(threads);
        }
        if (memoryLimit != null) {
            options = options.withMemoryLimit(memoryLimit);
        }
        return Device.open(name, options);
    }

    /** Tells what the device's memory was used for, if somebody asked for it. */
    void report(Console console, Device opened) {
        if (memoryReport) {
            console.note(MemoryReport.of(opened));
        }
    }
}
