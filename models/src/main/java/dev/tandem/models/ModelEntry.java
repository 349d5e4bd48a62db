package dev.tandem.models;

import dev.tandem.nn.Module;
import java.util.function.Function;

/**
 * A network of the zoo.
 *
 * @param name torchvision's where it has one
 * @param year of the paper
 * @param paper who, and where to read it
 * @param defaults what the paper built it for
 */
public record ModelEntry(
        String name, int year, String paper, ModelOptions defaults, Function<ModelOptions, Module> builder) {
    /** Builds it; nothing is allocated until it is initialised. */
    public Module build(ModelOptions options) {
        return builder.apply(options);
    }
}
