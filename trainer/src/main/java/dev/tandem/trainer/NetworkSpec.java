package dev.tandem.trainer;

import dev.tandem.data.Normalization;
import dev.tandem.data.Resize;
import dev.tandem.data.image.Interpolation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What someone who finds a weights file must know to use it: which network, for which images, with which classes. Written to
 * the file's metadata.
 *
 * @param model the network's name in the zoo
 * @param channels of the input image: 1 (grey) or 3 (RGB); {@code height} and {@code width} likewise
 * @param classNames in the order of the logits
 * @param resize how photos were scaled before they were cut to the input's size
 * @param normalization what the pixels went through: a mean and a scale for each of the {@code channels}
 * @param settings of the network's family, by name, where they are not the usual ones
 */
public record NetworkSpec(
        String model,
        int channels,
        int height,
        int width,
        List<String> classNames,
        Resize resize,
        Normalization normalization,
        Map<String, String> settings) {
    private static final String PREFIX = "tandem.";
    /** In the metadata of a run's weights, beside what is here: after how many epochs they were saved. */
    public static final String EPOCH = PREFIX + "epoch";

    private static final String SETTING = PREFIX + "set.";

    /** @throws IllegalArgumentException if a size is below 1, or the normalization is for another number of channels */
    public NetworkSpec {
        if (channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException("network " + model + ": images of " + channels + "×" + height + "×"
                    + width + " (channels × height × width); each must be at least 1");
        }
        resize.check(height, width);
        int means = normalization.mean().length;
        if (means != channels) {
            throw new IllegalArgumentException("network " + model + ": images of " + channels
                    + " channels, a normalization of " + means + "; it needs a mean and a scale for each channel, as "
                    + "Normalization.zeroToOne(" + channels + ") has");
        }
        settings = Map.copyOf(settings);
    }

    /** For photos that are scaled as is {@linkplain Resize#usual usual}. */
    public NetworkSpec(
            String model,
            int channels,
            int height,
            int width,
            List<String> classNames,
            Normalization normalization,
            Map<String, String> settings) {
        this(
                model,
                channels,
                height,
                width,
                classNames,
                Resize.usual(Math.max(height, width)),
                normalization,
                settings);
    }

    /** Of a network with the settings that are usual in its family. */
    public NetworkSpec(
            String model, int channels, int height, int width, List<String> classNames, Normalization normalization) {
        this(model, channels, height, width, classNames, normalization, Map.of());
    }

    public int classes() {
        return classNames.size();
    }

    public Map<String, String> toMetadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(PREFIX + "model", model);
        metadata.put(PREFIX + "input", channels + "x" + height + "x" + width);
        metadata.put(PREFIX + "classes", String.join("\n", classNames));
        metadata.put(PREFIX + "resize", Integer.toString(resize.shortSide()));
        metadata.put(PREFIX + "interpolation", resize.interpolation().name().toLowerCase(Locale.ROOT));
        metadata.put(PREFIX + "mean", join(normalization.mean()));
        metadata.put(PREFIX + "scale", join(normalization.scale()));
        settings.forEach((name, value) -> metadata.put(SETTING + name, value));
        return metadata;
    }

    /** @throws IllegalArgumentException if the metadata does not describe a network, naming the file and the fault */
    public static NetworkSpec fromMetadata(String file, Map<String, String> metadata) {
        for (String key : List.of("model", "input", "classes", "mean", "scale")) {
            if (!metadata.containsKey(PREFIX + key)) {
                throw new IllegalArgumentException(file + ": the metadata has no " + PREFIX + key
                        + ", so it is not known which network these weights belong to; name it with --model");
            }
        }
        try {
            return parsed(metadata);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    file + ": its metadata does not describe a network: " + e.getMessage()
                            + "; get the file again, or name the network with --model",
                    e);
        }
    }

    private static NetworkSpec parsed(Map<String, String> metadata) {
        String[] input = metadata.get(PREFIX + "input").split("x");
        if (input.length != 3) {
            throw new IllegalArgumentException(
                    PREFIX + "input is \"" + metadata.get(PREFIX + "input") + "\", not channels, height and width");
        }
        int height = Integer.parseInt(input[1]);
        int width = Integer.parseInt(input[2]);
        return new NetworkSpec(
                metadata.get(PREFIX + "model"),
                Integer.parseInt(input[0]),
                height,
                width,
                new ArrayList<>(Arrays.asList(metadata.get(PREFIX + "classes").split("\n"))),
                resize(metadata, Math.max(height, width)),
                new Normalization(split(metadata.get(PREFIX + "mean")), split(metadata.get(PREFIX + "scale"))),
                settings(metadata));
    }

    /** Files of earlier versions do not tell it; it was the usual one then. */
    private static Resize resize(Map<String, String> metadata, int size) {
        String shortSide = metadata.get(PREFIX + "resize");
        String interpolation = metadata.getOrDefault(PREFIX + "interpolation", "bilinear");
        return shortSide == null
                ? Resize.usual(size)
                : new Resize(
                        Integer.parseInt(shortSide), Interpolation.valueOf(interpolation.toUpperCase(Locale.ROOT)));
    }

    private static Map<String, String> settings(Map<String, String> metadata) {
        return metadata.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(SETTING))
                .collect(Collectors.toMap(entry -> entry.getKey().substring(SETTING.length()), Map.Entry::getValue));
    }

    private static String join(float[] values) {
        List<String> texts = new ArrayList<>();
        for (float value : values) {
            texts.add(Float.toString(value));
        }
        return String.join(",", texts);
    }

    private static float[] split(String text) {
        List<Float> values =
                Arrays.stream(text.split(",")).map(Float::parseFloat).collect(Collectors.toList());
        float[] result = new float[values.size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = values.get(i);
        }
        return result;
    }
}
