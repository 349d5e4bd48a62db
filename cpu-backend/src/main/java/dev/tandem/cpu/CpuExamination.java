package dev.tandem.cpu;

import dev.tandem.backend.Finding;
import dev.tandem.backend.ReadyNatives;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/** Looks whether everything is there that the CPU backend needs. */
final class CpuExamination {
    /** Names of oneDNN's dnnl_cpu_isa_t on x86; on other processors it tells nothing. */
    private static final Map<Integer, String> INSTRUCTION_SETS = Map.of(
            0x1, "SSE4.1",
            0x3, "AVX",
            0x7, "AVX2",
            0xf, "AVX2 with VNNI",
            0x1f, "AVX2 with VNNI and fp16",
            0x27, "AVX-512",
            0x67, "AVX-512 with VNNI",
            0xe7, "AVX-512 with bf16",
            0x1ef, "AVX-512 with fp16",
            0xfef, "AVX-512 with AMX");

    private CpuExamination() {}

    static List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        findings.add(libraries());
        findings.add(oneDnn());
        if (findings.stream().noneMatch(finding -> finding.level() == Finding.Level.FAIL)) {
            findings.add(openMp());
        }
        findings.add(vectors());
        return findings;
    }

    /** Where native libraries are: ready, or unpacked. */
    private static Finding libraries() {
        String subject = "native libraries";
        Optional<Path> ready = ReadyNatives.folder();
        if (ready.isPresent()) {
            return Finding.ok(subject, "ready in " + ready.get());
        }
        try {
            return Finding.ok(subject, "unpacked to " + NativeFiles.folder());
        } catch (IOException | RuntimeException e) {
            return Finding.fail(
                    subject,
                    "no folder to unpack them to (" + e.getMessage()
                            + "); name one that can be written with XDG_CACHE_HOME");
        }
    }

    private static Finding oneDnn() {
        try {
            String instructions =
                    INSTRUCTION_SETS.getOrDefault(OneDnn.status("dnnl_get_effective_cpu_isa"), Loader.getPlatform());
            String text = OneDnn.version() + ", computes with " + instructions;
            return instructions.startsWith("SSE")
                    ? Finding.warn("oneDNN", text + "; a processor with AVX2 or AVX-512 is several times faster")
                    : Finding.ok("oneDNN", text);
        } catch (RuntimeException | LinkageError e) {
            return Finding.fail("oneDNN", whyNotLoaded(e));
        }
    }

    /** @param e what the classes threw that bind native libraries, the first time or later */
    static String whyNotLoaded(Throwable e) {
        if (!CpuExamination.class.getModule().isNativeAccessEnabled()) {
            return "this Java refuses native calls; start it with --enable-native-access=ALL-UNNAMED";
        }
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return "it cannot be loaded (" + cause.getMessage() + "); the classpath needs org.bytedeco:dnnl and its natives"
                + " for " + Loader.getPlatform();
    }

    private static Finding vectors() {
        return Kernels.areVectors()
                ? Finding.ok("Vector API", "Tandem's own loops use it")
                : Finding.warn(
                        "Vector API",
                        "not there, so Tandem's own loops are some times slower; start java with"
                                + " --add-modules jdk.incubator.vector");
    }

    private static Finding openMp() {
        return OpenMp.isAvailable()
                ? Finding.ok("OpenMP", "oneDNN's threads run Tandem's own loops too")
                : Finding.ok("OpenMP", "oneDNN's own; Tandem's loops run on Java threads");
    }
}
