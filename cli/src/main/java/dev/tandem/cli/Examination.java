package dev.tandem.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.tandem.backend.BackendProvider;
import dev.tandem.backend.Finding;
import dev.tandem.io.UserFolders;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/** Looks at the machine: what every backend needs, then what each backend looks at itself. */
final class Examination {
    private static final int JAVA = 25;
    private static final long MEBIBYTE = 1L << 20;

    private Examination() {}

    static List<Finding> ofThisMachine() {
        List<Finding> findings = new ArrayList<>();
        findings.add(java());
        findings.add(cores());
        findings.add(memory());
        int backends = 0;
        for (BackendProvider provider : ServiceLoader.load(BackendProvider.class)) {
            findings.addAll(provider.examine());
            backends++;
        }
        if (backends == 0) {
            findings.add(Finding.fail("backend", "there is none on the class path; start Tandem with its launcher"));
        }
        findings.add(cache(UserFolders.cache()));
        findings.add(disk(Path.of("").toAbsolutePath()));
        return findings;
    }

    private static Finding java() {
        String text = Runtime.version() + " in " + System.getProperty("java.home");
        return Runtime.version().feature() >= JAVA
                ? Finding.ok("Java", text)
                : Finding.fail(
                        "Java", text + "; install a JDK " + JAVA + ", or name it: TANDEM_JAVA_HOME=/path/to/jdk");
    }

    private static Finding cores() {
        int cores = Runtime.getRuntime().availableProcessors();
        return cores > 1
                ? Finding.ok("processor", cores + " cores")
                : Finding.warn("processor", "1 core; a second one would nearly halve the time");
    }

    private static Finding memory() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        long free = system.getFreeMemorySize();
        String text = Format.bytes(system.getTotalMemorySize()) + ", " + Format.bytes(free)
                + " free, Java's heap takes at most "
                + Format.bytes(Runtime.getRuntime().maxMemory());
        return system.getTotalMemorySize() >= 1024 * MEBIBYTE
                ? Finding.ok("memory", text)
                : Finding.warn("memory", text + "; use small batches (--batch 16)");
    }

    static Finding cache(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, ".write", null));
            return Finding.ok("cache folder", folder.toString());
        } catch (IOException e) {
            return Finding.warn(
                    "cache folder",
                    folder + " cannot be written (" + e.getMessage()
                            + "), so every start takes longer; make it writable, or set XDG_CACHE_HOME");
        }
    }

    static Finding disk(Path folder) {
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            String text = Format.bytes(free) + " free in " + folder;
            if (free < 50 * MEBIBYTE) {
                return Finding.fail(
                        "disk", text + ", too little for a run; free some, or train with --run on another disk");
            }
            return free < 1024 * MEBIBYTE
                    ? Finding.warn(
                            "disk",
                            text + "; a large network's checkpoints need more: train with --run on another disk")
                    : Finding.ok("disk", text);
        } catch (IOException e) {
            return Finding.warn("disk", "the free space in " + folder + " is not known: " + e.getMessage());
        }
    }
}
