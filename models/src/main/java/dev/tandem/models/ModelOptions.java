package dev.tandem.models;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a network is built for.
 *
 * @param classes number of logits
 * @param channels of the images: 1 (grey) or 3 (RGB)
 * @param imageSize height and width in pixels
 * @param settings the family's own, by name, such as a vision transformer's {@code patch}; {@link ModelEntry#defaults} has all
 *     that a network knows, and those left out here are as they are there
 */
public record ModelOptions(int classes, int channels, int imageSize, Map<String, String> settings) {
    public ModelOptions {
        if (classes < 1 || channels < 1 || imageSize < 1) {
            throw new IllegalArgumentException("model for " + classes + " classes and images of " + channels + "×"
                    + imageSize + "×" + imageSize + ": all must be at least 1");
        }
        settings = Map.copyOf(settings);
    }

    /** With the family's settings as they usually are. */
    public ModelOptions(int classes, int channels, int imageSize) {
        this(classes, channels, imageSize, Map.of());
    }

    public ModelOptions withClasses(int classes) {
        return new ModelOptions(classes, channels, imageSize, settings);
    }

    public ModelOptions withChannels(int channels) {
        return new ModelOptions(classes, channels, imageSize, settings);
    }

    public ModelOptions withImageSize(int imageSize) {
        return new ModelOptions(classes, channels, imageSize, settings);
    }

    /** With one of the family's settings: a number, or true or false. */
    public ModelOptions with(String name, Object value) {
        Map<String, String> changed = new LinkedHashMap<>(settings);
        changed.put(name, value.toString());
        return new ModelOptions(classes, channels, imageSize, changed);
    }

    /** The features of a flattened image. */
    int pixels() {
        return channels * imageSize * imageSize;
    }

    /** A setting that is a whole number, at least 1. */
    int integer(String name) {
        int value = (int) parse(name, "a whole number of at least 1", Integer::parseInt);
        return value >= 1 ? value : (int) refuse(name, "a whole number of at least 1");
    }

    /** A setting that is a positive number. */
    double number(String name) {
        double value = parse(name, "a positive number", Double::parseDouble);
        return value > 0 && value < Double.POSITIVE_INFINITY ? value : refuse(name, "a positive number");
    }

    /** A setting that is a probability, in [0, 1). */
    float probability(String name) {
        double value = parse(name, "a number in [0, 1)", Double::parseDouble);
        return (float) (value >= 0 && value < 1 ? value : refuse(name, "a number in [0, 1)"));
    }

    /** A setting that is true or false. */
    boolean flag(String name) {
        String value = settings.get(name);
        if (!value.equals("true") && !value.equals("false")) {
            refuse(name, "true or false");
        }
        return value.equals("true");
    }

    private interface Parser {
        double parse(String text);
    }

    private double parse(String name, String rule, Parser parser) {
        try {
            return parser.parse(settings.get(name));
        } catch (NumberFormatException e) {
            return refuse(name, rule);
        }
    }

    private double refuse(String name, String rule) {
        throw new IllegalArgumentException("setting " + name + "=" + settings.get(name) + ": must be " + rule);
    }

    /** These options, and a network's own settings where nothing else is wanted. */
    ModelOptions over(String model, ModelOptions defaults) {
        Map<String, String> all = new LinkedHashMap<>(defaults.settings);
        settings.forEach((name, value) -> {
            if (all.replace(name, value) == null) {
                throw new IllegalArgumentException(model + ": it has no setting " + name + "; it has "
                        + (defaults.settings.isEmpty() ? "none" : String.join(", ", all.keySet())));
            }
        });
        return new ModelOptions(classes, channels, imageSize, all);
    }
}
