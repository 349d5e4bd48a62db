package dev.tandem.cli;

import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The option that says which weights of a run folder are meant. */
final class RunWeights {
    static final String BEST = "best.safetensors";
    static final String FINAL = "final.safetensors";

    enum Use {
        /** Of the epoch with the highest accuracy on the validation images, of several that of the lowest loss. */
        BEST(RunWeights.BEST),
        /** Of the end. */
        FINAL(RunWeights.FINAL);

        final String file;

        Use(String file) {
            this.file = file;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--use",
            paramLabel = "WHICH",
            description =
                    "Of a run folder: ${COMPLETION-CANDIDATES}; best is the epoch that got most validation images"
                            + " right, of several that with the lowest loss (default: best, or final where nothing was validated).")
    Use use;

    /** The files to look for in a run folder, the first that is there counts. */
    static List<String> files(Use use) {
        return use == null ? List.of(BEST, FINAL) : List.of(use.file);
    }
}
