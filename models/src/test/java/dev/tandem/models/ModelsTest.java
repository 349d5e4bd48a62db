package dev.tandem.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.tandem.nn.AuxiliaryHeads;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.nn.Summary;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ModelsTest {
    /** Published counts of networks that {@link StateDictsTest} knows nothing of, and the papers' where they print them. */
    @ParameterizedTest
    @CsvSource({
        "perceptron, 7850",
        "linear, 7850",
        "mlp, 535818",
        "mlp_300, 238510",
        "mlp_300_100, 266610",
        "lenet5_1998, 61706",
        "lenet5, 61706",
        "alexnet_2012, 60965224",
        "alexnet, 61100840",
        "plain18, 11515688", // ResNet-18 without the 173,824 of its projections
        "plain34, 21623848",
        "resnet32, 464154",
        "resnet44, 658586",
        "resnet110, 1727962",
        "mobilenet_v1, 4231976"
    })
    void hasAsManyParametersAsPublished(String name, long parameters) {
        ModelEntry entry = Models.get(name);
        assertThat(entry.build(entry.defaults()).parameterCount()).isEqualTo(parameters);
    }

    static Stream<ModelEntry> all() {
        return Models.all().stream();
    }

    @ParameterizedTest
    @MethodSource("all")
    void takesTheLeastImagesAndNoSmallerOnes(ModelEntry entry) {
        ModelOptions least = entry.defaults().withImageSize(entry.leastImageSize());
        if (entry.name().equals("vit_custom")) {
            least = least.with("patch", 1); // its least image is of one patch, of any size
        }
        assertThat(summary(entry, least).output()).isEqualTo(Shape.of(1, least.classes()));
        if (entry.leastImageSize() > 1) {
            ModelOptions smaller = least.withImageSize(entry.leastImageSize() - 1);
            assertThatThrownBy(() -> entry.build(smaller)).hasMessageContaining("are too small");
            assertThatThrownBy(() -> summary(entry, smaller)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Of the network itself, whatever its entry says of sizes. */
    private static Summary summary(ModelEntry entry, ModelOptions options) {
        Module network = entry.builder().apply(options);
        return Summary.of(network, 1, options.channels(), options.imageSize(), options.imageSize());
    }

    @ParameterizedTest
    @MethodSource("all")
    void takesAnyNumberOfClassesAndChannels(ModelEntry entry) {
        ModelOptions options = entry.defaults().withClasses(7).withChannels(2);
        Module network = entry.build(options);
        assertThat(Summary.of(network, 3, 2, options.imageSize(), options.imageSize())
                        .output())
                .isEqualTo(Shape.of(3, 7));
    }

    @ParameterizedTest
    @CsvSource({
        "linear, 8",
        "mlp, 8",
        "lenet5_1998, 12",
        "lenet5, 28",
        "resnet18_cifar, 8",
        "resnet20, 8",
        "vit_custom, 16"
    })
    void learnsAFewImagesByHeart(String name, int imageSize) {
        try (Device device = Device.open("cpu")) {
            Training training = new Training(device, name, imageSize);
            float first = training.step();
            float last = first;
            for (int step = 0; step < 30; step++) {
                last = training.step();
            }
            assertThat(last).isLessThan(0.7f * first);
        }
    }

    /** On the smallest images that it takes. */
    @ParameterizedTest
    @CsvSource({
        "alexnet_2012, 67",
        "alexnet, 63",
        "vgg11, 32",
        "vgg11_bn, 32",
        "googlenet, 32",
        "resnet18, 32",
        "resnext50_32x4d, 32",
        "plain18, 32",
        "resnet20, 32",
        "squeezenet1_0, 32",
        "densenet121, 32",
        "mobilenet_v1, 32",
        "mobilenet_v2_tf, 32",
        "mobilenet_v3_small, 32",
        "efficientnet_b0, 32",
        "convnext_tiny, 32"
    })
    void everyParameterGetsAGradient(String name, int imageSize) {
        try (Device device = Device.open("cpu")) {
            Training training = new Training(device, name, imageSize);
            assertThat(training.step()).isBetween(0.5f, 50f);
            training.network.parameters().values().stream()
                    .filter(Parameter::isTrainable)
                    .forEach(parameter -> {
                        float size = parameter.value().gradient().abs().sum().item();
                        assertThat(size).as(parameter.path()).isPositive().isFinite();
                    });
        }
    }

    /** A network, five images of noise with a class each, and an optimizer. */
    private static final class Training {
        final Module network;
        private final Sgd optimizer;
        private final Tensor images;
        private final Tensor labels =
                Tensor.ofLongs(new long[] {0, 1, 2, 3, 4}, 5).persist();

        Training(Device device, String name, int imageSize) {
            network = Models.get(name).build(new ModelOptions(5, 3, imageSize));
            network.initialize(device, 3);
            optimizer = new Sgd(network, 0.02f).momentum(0.9f);
            images = device.random().normal(5, 3, imageSize, imageSize).persist();
        }

        float step() {
            try (Scope scope = Scope.open()) {
                optimizer.clearGradients();
                List<Tensor> outputs = AuxiliaryHeads.outputs(network, images);
                assertThat(outputs.get(0).shape()).isEqualTo(Shape.of(5, 5));
                Tensor loss = AuxiliaryHeads.loss(network, outputs, logits -> Losses.crossEntropy(logits, labels));
                loss.backward();
                optimizer.step();
                return loss.item();
            }
        }
    }

    @Test
    void imagesTooSmallForTheLayersAreRefused() {
        assertThatThrownBy(() -> Models.get("alexnet").build(new ModelOptions(10, 3, 32)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("32×32")
                .hasMessageContaining("at least 63×63");
    }

    @Test
    void settingsOfAFamilyAreGivenByName() {
        ModelEntry entry = Models.get("vit_custom");
        ModelOptions wide = new ModelOptions(10, 3, 16).with("patch", 4).with("hidden", 8);
        assertThat(entry.build(wide).parameters().get("conv_proj.weight").shape())
                .isEqualTo(Shape.of(8, 3, 4, 4));
        assertThatThrownBy(() -> entry.build(wide.with("depth", 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vit_custom: it has no setting depth; it has ")
                .hasMessageContaining("layers");
        assertThatThrownBy(() -> entry.build(wide.with("heads", "many")))
                .hasMessage("setting heads=many: must be a whole number of at least 1");
        assertThatThrownBy(() -> entry.build(wide.with("dropout", 1)))
                .hasMessage("setting dropout=1: must be a number in [0, 1)");
        assertThatThrownBy(() -> entry.build(wide.with("patch", 5)))
                .hasMessageContaining("cannot be cut into patches of 5×5");
    }

    @Test
    void anUnknownNameSuggestsTheNearest() {
        assertThatThrownBy(() -> Models.get("resnet81"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("resnet81")
                .hasMessageContaining("did you mean resnet18");
    }

    /** Vision transformer L/16 has 1.2 GB of weights; a network that was only built and summarised has none of them. */
    @Test
    void summariesAllocateNoWeights() {
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = thread.getCurrentThreadAllocatedBytes();
        Module network = Models.get("vit_l_16").build(new ModelOptions(1000, 3, 224));
        Summary summary = Summary.of(network, 1, 3, 224, 224);
        assertThat(summary.toString()).contains("304,326,632");
        assertThat(thread.getCurrentThreadAllocatedBytes() - before).isLessThan(64L << 20);
        assertThat(network.parameters().values()).noneMatch(parameter -> parameter.isInitialized());
    }
}
