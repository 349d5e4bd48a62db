package dev.tandem.models;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The networks by name, oldest first. */
public final class Models {
    private static final Map<String, ModelEntry> ENTRIES = Stream.of(
                    Mlp.entries(),
                    LeNet.entries(),
                    AlexNet.entries(),
                    Vgg.entries(),
                    GoogLeNet.entries(),
                    InceptionV3.entries(),
                    ResNet.entries(),
                    SqueezeNet.entries(),
                    DenseNet.entries(),
                    MobileNet.entries(),
                    MobileNetV3.entries(),
                    EfficientNet.entries(),
                    VisionTransformer.entries(),
                    ConvNeXt.entries())
            .flatMap(List::stream)
            .sorted(Comparator.comparingInt(ModelEntry::year))
            .collect(Collectors.toMap(ModelEntry::name, entry -> entry, (a, b) -> b, LinkedHashMap::new));

    private Models() {}

    public static List<ModelEntry> all() {
        return List.copyOf(ENTRIES.values());
    }

    /** @throws IllegalArgumentException if there is no such network, naming the nearest ones */
    public static ModelEntry get(String name) {
        ModelEntry entry = ENTRIES.get(name);
        if (entry == null) {
            List<String> nearest = ENTRIES.keySet().stream()
                    .sorted(Comparator.comparingInt(known -> distance(known, name)))
                    .limit(3)
                    .toList();
            throw new IllegalArgumentException("model " + name + ": there is none of that name; did you mean "
                    + String.join(", ", nearest) + "? (tandem models lists all)");
        }
        return entry;
    }

    /** Levenshtein's: insertions, deletions and replacements from one word to the other. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
