package dev.tandem.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelsTest {
    /** Published counts: the papers', and torchvision's for its models. */
    @ParameterizedTest
    @CsvSource({
        "perceptron, 7850",
        "linear, 7850",
        "mlp_300, 238510",
        "mlp_300_100, 266610",
        "mlp, 535818",
        "lenet5_1998, 61706",
        "lenet5, 61706",
        "alexnet_2012, 60965224",
        "alexnet, 61100840",
        "vgg11, 132863336",
        "vgg11_bn, 132868840",
        "resnet18, 11689512",
        "resnet18_cifar, 11173962"
    })
    void hasAsManyParametersAsPublished(String name, long parameters) {
        ModelEntry entry = Models.get(name);
        assertThat(entry.build(entry.defaults()).parameterCount()).isEqualTo(parameters);
    }

    @ParameterizedTest
    @CsvSource({"linear, 8", "mlp, 8", "lenet5_1998, 12", "lenet5, 28", "resnet18_cifar, 8"})
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
    @CsvSource({"alexnet_2012, 67", "alexnet, 63", "vgg11, 32", "vgg11_bn, 32", "resnet18, 32"})
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
                Tensor logits = network.apply(images);
                assertThat(logits.shape()).isEqualTo(Shape.of(5, 5));
                Tensor loss = Losses.crossEntropy(logits, labels);
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
}
