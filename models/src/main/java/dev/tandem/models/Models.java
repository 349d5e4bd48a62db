package dev.tandem.models;

import dev.tandem.nn.NearestNames;
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
            List<String> nearest = NearestNames.of(name, ENTRIES.keySet(), 3);
            throw new IllegalArgumentException("model " + name + ": there is none of that name; did you mean "
                    + String.join(", ", nearest) + "? (tandem models lists all)");
        }
        return entry;
    }
}
