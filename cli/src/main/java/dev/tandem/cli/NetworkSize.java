package dev.tandem.cli;

import dev.tandem.models.ModelEntry;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.trainer.NetworkSpec;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options that say for which images and classes to build a network, where no data set tells. */
class NetworkSize {
    static final String SET =
            "One of the network's own settings, such as aux=false for googlenet or layers=6 for vit_custom;"
                    + " repeat for more.";

    @Option(
            names = "--image-size",
            paramLabel = "PIXELS",
            converter = Values.AtLeastOne.class,
            description = "Height and width of the images (default: what the network's paper used).")
    private Integer imageSize;

    @Option(
            names = "--classes",
            paramLabel = "N",
            converter = Values.AtLeastOne.class,
            description = "Number of classes (default: what the network's paper used).")
    private Integer classes;

    @Option(
            names = "--channels",
            paramLabel = "N",
            converter = Values.AtLeastOne.class,
            description = "Channels of the images: 1 for grey, 3 for colour (default: what the network's paper used).")
    private Integer channels;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = SET)
    private Map<String, String> settings = Map.of();

    final ModelOptions of(ModelEntry entry) {
        ModelOptions options = entry.defaults();
        return new ModelOptions(
                classes == null ? options.classes() : classes,
                channels == null ? options.channels() : channels,
                imageSize == null ? options.imageSize() : imageSize,
                settings);
    }

    /** @throws UsageException if an option asks for something else than what a weights file was made for */
    final void checkAgainst(Path file, NetworkSpec spec) {
        check("--image-size", imageSize, file, spec.height());
        check("--classes", classes, file, spec.classes());
        check("--channels", channels, file, spec.channels());
        Map<String, String> usual = Models.get(spec.model()).defaults().settings();
        settings.forEach((name, wanted) -> {
            String actual = spec.settings().getOrDefault(name, usual.get(name));
            if (!wanted.equals(actual)) {
                throw new UsageException("--set " + name + "=" + wanted + ": " + file + " is of a network with "
                        + (actual == null ? "no setting " + name : name + "=" + actual) + "; leave it out");
            }
        });
    }

    private static void check(String option, Integer wanted, Path file, int actual) {
        if (wanted != null && wanted != actual) {
            throw new UsageException(
                    option + " " + wanted + ": " + file + " is of a network for " + actual + "; leave it out");
        }
    }

    /** Builds a network; images that it cannot take are a mistake of the command line. */
    static Module build(ModelEntry entry, ModelOptions options) {
        try {
            return entry.build(options);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage(), e);
        }
    }
}
