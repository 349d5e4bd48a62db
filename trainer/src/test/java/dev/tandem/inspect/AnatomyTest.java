package dev.tandem.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.meta.MetaBackend;
import dev.tandem.models.ModelEntry;
import dev.tandem.models.Models;
import dev.tandem.nn.Module;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On a device without memory: only shapes matter. */
class AnatomyTest {
    private static final List<String> FULLY_CONNECTED =
            List.of("perceptron", "linear", "mlp", "mlp_300", "mlp_300_100");

    private static void look(String model, Consumer<Anatomy> check) {
        ModelEntry entry = Models.get(model);
        try (Device device = Device.of(new MetaBackend());
                Scope scope = Scope.open()) {
            Module network = entry.build(entry.defaults());
            network.initialize(device, 0);
            int side = entry.defaults().imageSize();
            check.accept(Anatomy.of(network, Tensor.zeros(1, entry.defaults().channels(), side, side)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "lenet5, 4",
        "alexnet, features.11",
        "alexnet_2012, features.13",
        "vgg11, features.19",
        "resnet18, layer4",
        "resnet20, layer3",
        "googlenet, inception5b",
        "squeezenet1_1, classifier.2",
        "mobilenet_v2, features",
        "convnext_tiny, features",
        "vit_b_16, input of encoder.layers.encoder_layer_11.self_attention"
    })
    void gradCamTakesTheLastMapsBeforePlacesAreJoined(String model, String layer) {
        look(model, anatomy -> assertThat(anatomy.lastMaps()).hasToString(layer));
    }

    @Test
    void everyNetworkOfTheZooCanBeLookedAt() {
        for (ModelEntry entry : Models.all()) {
            look(entry.name(), anatomy -> {
                assertThat(anatomy.features().path()).as(entry.name()).isNotEmpty();
                if (FULLY_CONNECTED.contains(entry.name())) {
                    assertThat(anatomy.stages(32)).isEmpty();
                    assertThatThrownBy(anatomy::lastMaps).hasMessageContaining("no convolution");
                } else {
                    assertThat(anatomy.lastMaps()).as(entry.name()).isNotNull();
                    assertThat(anatomy.stages(32)).as(entry.name()).hasSizeBetween(3, 32);
                }
            });
        }
    }

    @Test
    void stagesAreShownAfterNormAndActivation() {
        look("resnet18", anatomy -> assertThat(anatomy.stages(12))
                .extracting(Anatomy.Part::path)
                .containsExactly(
                        "relu",
                        "maxpool",
                        "layer1.0",
                        "layer1.1",
                        "layer2.0",
                        "layer2.1",
                        "layer3.0",
                        "layer3.1",
                        "layer4.0",
                        "layer4.1"));
        look("lenet5", anatomy -> assertThat(anatomy.stages(32))
                .extracting(Anatomy.Part::path)
                .containsExactly("1", "2", "4", "5"));
    }

    @Test
    void stagesOfBlocksWithBranchesAreWhatTheseAreJoinedTo() {
        look("mobilenet_v2", anatomy -> assertThat(anatomy.stages(32))
                .extracting(Anatomy.Part::path)
                .hasSize(19)
                .startsWith("features.0.2", "features.1.conv", "features.2.conv", "features.3", "features.4.conv"));
        look("vit_b_16", anatomy -> assertThat(anatomy.stages(80))
                .extracting(Anatomy.Part::path)
                .contains("encoder.layers.encoder_layer_11")
                .noneMatch(path -> path.endsWith("mlp")));
        look("googlenet", anatomy -> assertThat(anatomy.stages(80))
                .extracting(Anatomy.Part::path)
                .contains("inception5b")
                .noneMatch(path -> path.contains("branch")));
    }

    @Test
    void featuresGoIntoTheLastLayer() {
        look("alexnet", anatomy -> assertThat(anatomy.features().path()).isEqualTo("classifier.6"));
        look("vit_b_16", anatomy -> assertThat(anatomy.features().path()).isEqualTo("heads.head"));
        look("squeezenet1_1", anatomy -> assertThat(anatomy.features().path()).isEqualTo("classifier.1"));
    }
}
