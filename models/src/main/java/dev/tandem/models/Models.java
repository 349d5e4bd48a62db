package dev.tandem.models;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The networks by name, oldest first. */
public final class Models {
    private static final ModelOptions DIGITS = new ModelOptions(10, 1, 28);
    private static final ModelOptions CIFAR = new ModelOptions(10, 3, 32);
    private static final ModelOptions IMAGENET = new ModelOptions(1000, 3, 224);
    private static final String LENET = "LeCun et al., Gradient-based learning applied to document recognition";
    private static final String ALEXNET = "Krizhevsky et al., https://papers.nips.cc/paper/4824";
    private static final String ALEXNET_ONE = "Krizhevsky, One weird trick, https://arxiv.org/abs/1404.5997";
    private static final String VGG = "Simonyan and Zisserman, https://arxiv.org/abs/1409.1556";
    private static final String RESNET = "He et al., https://arxiv.org/abs/1512.03385";

    private static final Map<String, ModelEntry> ENTRIES = new LinkedHashMap<>();

    static {
        add(new ModelEntry("linear", 1958, "Rosenblatt, The perceptron", DIGITS, Mlp::linearClassifier));
        add(new ModelEntry("mlp", 1986, "Rumelhart et al., https://doi.org/10.1038/323533a0", DIGITS, Mlp::mlp));
        add(new ModelEntry("lenet5_1998", 1998, LENET, DIGITS, LeNet::lenet5Of1998));
        add(new ModelEntry("lenet5", 1998, LENET + ", with ReLU and max-pooling", DIGITS, LeNet::lenet5));
        add(new ModelEntry("alexnet_2012", 2012, ALEXNET, IMAGENET.withImageSize(227), AlexNet::alexnet2012));
        add(new ModelEntry("alexnet", 2014, ALEXNET_ONE, IMAGENET, AlexNet::alexnet));
        add(new ModelEntry("vgg11", 2014, VGG, IMAGENET, options -> Vgg.vgg(options, 11, false)));
        add(new ModelEntry("vgg11_bn", 2014, VGG, IMAGENET, options -> Vgg.vgg(options, 11, true)));
        add(new ModelEntry(
                "resnet18", 2015, RESNET, IMAGENET, options -> ResNet.resnet18(options, ResNet.Stem.IMAGENET)));
        add(new ModelEntry(
                "resnet18_cifar",
                2015,
                RESNET + ", with a 3×3 stem for small images",
                CIFAR,
                options -> ResNet.resnet18(options, ResNet.Stem.CIFAR)));
    }

    private Models() {}

    private static void add(ModelEntry entry) {
        ENTRIES.put(entry.name(), entry);
    }

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
