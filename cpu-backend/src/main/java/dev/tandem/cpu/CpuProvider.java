package dev.tandem.cpu;

import com.sun.management.OperatingSystemMXBean;
import dev.tandem.backend.Backend;
import dev.tandem.backend.BackendProvider;
import dev.tandem.backend.DeviceInfo;
import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.Finding;
import dev.tandem.tensor.DeviceException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Offers the CPU as a device to {@code ServiceLoader}. */
public final class CpuProvider implements BackendProvider {
    @Override
    public String kind() {
        return "cpu";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public List<DeviceInfo> devices() {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        details.put("architecture", System.getProperty("os.arch"));
        return List.of(new DeviceInfo("cpu", model(), memoryBytes(), details));
    }

    @Override
    public Optional<String> whyUnavailable() {
        return Optional.empty();
    }

    @Override
    public List<Finding> examine() {
        return CpuExamination.findings();
    }

    @Override
    public Backend open(int index, DeviceOptions options) {
        try {
            return new CpuBackend(devices().get(index), options);
        } catch (LinkageError e) {
            throw new DeviceException("cpu: oneDNN: " + CpuExamination.whyNotLoaded(e), e);
        }
    }

    private static long memoryBytes() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }

    /** What may be taken without pushing other programs out: beyond it Linux kills a process instead of refusing memory. */
    static long availableBytes() {
        long kibibytes = told("/proc/meminfo", "MemAvailable")
                .map(amount -> Long.parseLong(amount.replace("kB", "").strip()))
                .orElse(Long.MAX_VALUE >> 10);
        return Math.min(memoryBytes(), kibibytes << 10);
    }

    private static String model() {
        return told("/proc/cpuinfo", "model name").orElse(System.getProperty("os.arch"));
    }

    /** What Linux tells in a line {@code name : value}; nothing on other systems. */
    private static Optional<String> told(String file, String name) {
        try (Stream<String> lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException e) {
            return Optional.empty();
        }
    }
}
