package dev.tandem.cli;

import dev.tandem.io.BrokenFileException;
import dev.tandem.trainer.RunFolder;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a run was asked for, as its folder has it. */
final class RunConfig {
    private static final Logger LOG = LoggerFactory.getLogger(RunConfig.class);
    /** What every configuration has, up to its last lines: one that ends before them is not whole. */
    private static final List<String> ALWAYS =
            List.of("model", "data", "epochs", "batch", "optimizer", "learningRate", "schedule", "seed", "device");

    private RunConfig() {}

    /**
     * Of {@code config.yaml}, or where that is damaged of the newest checkpoint.
     *
     * @throws BrokenFileException if both are lost
     */
    static Map<String, Object> read(RunFolder run) {
        String fault;
        try {
            Map<String, Object> config = run.readConfig();
            List<String> missing =
                    ALWAYS.stream().filter(key -> !config.containsKey(key)).toList();
            if (missing.isEmpty()) {
                return config;
            }
            fault = run.config() + ": it does not say " + String.join(", ", missing);
        } catch (BrokenFileException | UncheckedIOException e) {
            fault = e.getMessage();
        }
        Map<String, Object> saved = run.configInCheckpoint().orElse(null);
        if (saved == null) {
            throw new BrokenFileException(
                    run.path().toString(),
                    fault + ", and no checkpoint has what it was; start a new run, from its weights if it has any"
                            + " (--weights)");
        }
        LOG.warn("{}; the run goes by what its newest checkpoint says", fault);
        return saved;
    }
}
