package dev.tandem.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Results, and what one must know to judge them.
 *
 * @param commands each contender's command line as it was given, without this machine's paths
 */
record Report(
        Map<String, String> environment,
        Comparison.Plan plan,
        Map<String, String> commands,
        List<Comparison.Result> results) {

    /** This machine, this JVM, and how busy the machine was before we started. */
    static Map<String, String> environment(int threads) throws IOException {
        Path cpuInfo = Path.of("/proc/cpuinfo");
        String cpu = Files.exists(cpuInfo)
                ? Files.readAllLines(cpuInfo).stream()
                        .filter(line -> line.startsWith("model name"))
                        .findFirst()
                        .map(line -> line.substring(line.indexOf(':') + 2))
                        .orElse("unknown")
                : "unknown";
        Path loadAverage = Path.of("/proc/loadavg");
        return Map.of(
                "cpu",
                cpu,
                "cores",
                Integer.toString(Runtime.getRuntime().availableProcessors()),
                "threads",
                Integer.toString(threads),
                "java",
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                "os",
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                "loadBefore",
                Files.exists(loadAverage) ? Files.readString(loadAverage).split(" ")[0] : "unknown");
    }

    /** A table row a result. Ratios are to the contender named first. */
    String markdown() {
        var text = new StringBuilder();
        text.append(
                "| network, batch | contender | images/s | best step's | speed ratio (rounds) | first step, s | peak RSS, MiB | loss |\n");
        text.append("|---|---|---:|---:|---:|---:|---:|---:|\n");
        for (Comparison.Result result : results) {
            text.append(String.format(
                    Locale.ROOT,
                    "| %s, %d | %s | %.1f | %.1f | %.2f (%.2f–%.2f) | %.2f | %.0f | %s |%n",
                    result.network(),
                    result.batch(),
                    result.contender(),
                    result.imagesPerSecond(),
                    result.bestImagesPerSecond(),
                    result.speedRatio(),
                    result.speedRatioMin(),
                    result.speedRatioMax(),
                    result.firstStepMillis() / 1000,
                    result.peakRssMiB(),
                    result.loss()));
        }
        text.append(String.format(
                Locale.ROOT,
                "%nTraining steps, float32, %s threads, medians over %d launches and %d interleaved turns of %s s in each, after %s s of warm-up; %s, %s; load before: %s.%n",
                environment.get("threads"),
                plan.launches(),
                plan.rounds(),
                plan.turnSeconds(),
                plan.warmupSeconds(),
                environment.get("cpu"),
                environment.get("java"),
                environment.get("loadBefore")));
        return text.toString();
    }

    String json() throws JsonProcessingException {
        return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(this) + "\n";
    }
}
