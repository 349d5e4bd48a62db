package dev.tandem.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class HeadTest {
    /** Torchvision's names of what its own fine-tuning tutorial replaces. */
    @ParameterizedTest
    @CsvSource({
        "alexnet, classifier.6.weight classifier.6.bias",
        "vgg11_bn, classifier.6.weight classifier.6.bias",
        "resnet18, fc.weight fc.bias",
        "squeezenet1_0, classifier.1.weight classifier.1.bias",
        "densenet121, classifier.weight classifier.bias",
        "mobilenet_v2, classifier.1.weight classifier.1.bias",
        "vit_b_16, heads.head.weight heads.head.bias",
        "convnext_tiny, classifier.2.weight classifier.2.bias",
    })
    void theHeadIsWhatDependsOnTheClasses(String model, String names) {
        ModelEntry entry = Models.get(model);

        assertThat(entry.head(entry.defaults())).containsExactlyInAnyOrder(names.split(" "));
    }

    static Stream<ModelEntry> all() {
        return Models.all().stream();
    }

    @ParameterizedTest
    @MethodSource("all")
    void everyNetworkHasOne(ModelEntry entry) {
        assertThat(entry.head(entry.defaults())).isNotEmpty();
    }
}
