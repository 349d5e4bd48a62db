package dev.tandem.models;

import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A network of the zoo.
 *
 * @param name torchvision's where it has one
 * @param year of the paper
 * @param paper who, and where to read it
 * @param defaults what the paper built it for, and all settings that it knows
 * @param leastImageSize the smallest height and width that its layers can take
 * @param top1 published accuracy in percent, on the validation images of what the paper built it for; NaN if none
 * @param top5 likewise
 * @param pixels how images are prepared for the published weights
 */
public record ModelEntry(
        String name,
        int year,
        String paper,
        ModelOptions defaults,
        int leastImageSize,
        double top1,
        double top5,
        Pixels pixels,
        Function<ModelOptions, Module> builder) {

    static ModelEntry of(
            String name, int year, String paper, ModelOptions defaults, Function<ModelOptions, Module> builder) {
        return new ModelEntry(
                name,
                year,
                paper,
                defaults,
                1,
                Double.NaN,
                Double.NaN,
                Pixels.of(defaults.channels(), defaults.imageSize()),
                builder);
    }

    ModelEntry least(int imageSize) {
        return new ModelEntry(name, year, paper, defaults, imageSize, top1, top5, pixels, builder);
    }

    ModelEntry published(double top1, double top5) {
        return new ModelEntry(name, year, paper, defaults, leastImageSize, top1, top5, pixels, builder);
    }

    ModelEntry pixels(Pixels pixels) {
        return new ModelEntry(name, year, paper, defaults, leastImageSize, top1, top5, pixels, builder);
    }

    ModelEntry published(double top1) {
        return published(top1, Double.NaN);
    }

    /**
     * What the shorter side of a photo is scaled to before it is cut to {@code imageSize}: as for the published weights, and in
     * proportion where the size is another. Below 128 the size itself, since small images are mostly filled by what they show.
     */
    public int resize(int imageSize) {
        int usual = defaults.imageSize();
        return imageSize == usual
                ? pixels.resize()
                : imageSize < Pixels.LEAST_CUT
                        ? imageSize
                        : Math.max(imageSize, (int) Math.round((double) pixels.resize() * imageSize / usual));
    }

    /** Mean and deviation for images of so many channels: the published weights', or the usual ones for other channels than theirs. */
    public Pixels pixels(int channels) {
        return pixels.mean().length == channels
                ? pixels
                : pixels.with(Pixels.of(channels).mean(), Pixels.of(channels).deviation());
    }

    /**
     * The names of its head: the parameters whose shapes depend on the number of classes, which transfer learning makes anew.
     *
     * @throws IllegalArgumentException as {@link #build}
     */
    public Set<String> head(ModelOptions options) {
        Map<String, Parameter> more =
                build(options.withClasses(options.classes() + 1)).parameters();
        return build(options).parameters().entrySet().stream()
                .filter(each ->
                        !each.getValue().shape().equals(more.get(each.getKey()).shape()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /**
     * Builds it; nothing is allocated until it is initialised.
     *
     * @throws IllegalArgumentException if the images are too small or a setting is not one of its own, saying what is possible
     */
    public Module build(ModelOptions options) {
        if (options.imageSize() < leastImageSize) {
            throw new IllegalArgumentException(name + ": images of " + options.imageSize() + "×" + options.imageSize()
                    + " are too small, its layers need at least " + leastImageSize + "×" + leastImageSize
                    + "; enlarge the images or choose a smaller network");
        }
        return builder.apply(options.over(name, defaults));
    }
}
