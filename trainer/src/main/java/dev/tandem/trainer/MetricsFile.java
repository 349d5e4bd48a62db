package dev.tandem.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tandem.io.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code metrics.jsonl}: a JSON object a line, one an epoch. */
final class MetricsFile {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsFile.class);
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final int BROKEN = -1;

    private MetricsFile() {}

    static void append(Path file, Map<String, ?> line) {
        try {
            Files.writeString(
                    file,
                    JSON.writeValueAsString(line) + "\n",
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** Drops lines of epochs that a resumed run will write again, and those that are not whole. */
    static void cut(Path file, int fromEpoch) {
        if (!Files.exists(file)) {
            return;
        }
        try {
            List<String> kept = new ArrayList<>();
            int broken = 0;
            for (String line : new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\n")) {
                int epoch = epoch(line);
                broken += epoch == BROKEN && !line.isEmpty() ? 1 : 0;
                if (epoch != BROKEN && epoch < fromEpoch) {
                    kept.add(line);
                }
            }
            AtomicFile.write(file, kept.stream().map(line -> line + "\n").collect(Collectors.joining()));
            if (broken > 0) {
                LOG.warn(
                        "{}: {} not whole, as a process leaves them that is killed while it writes; dropped",
                        file,
                        broken == 1 ? "a line is" : broken + " lines are");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static int epoch(String line) {
        try {
            JsonNode epoch = JSON.readTree(line).path("epoch");
            return epoch.isInt() ? epoch.intValue() : BROKEN;
        } catch (JsonProcessingException e) {
            return BROKEN;
        }
    }
}
