package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParameterNamesTest {
    @ParameterizedTest
    @CsvSource({
        "features, features.0.weight, true",
        "features, features, true",
        "features, features2.0.weight, false",
        "features.1, features.10.weight, false",
        "features.1?, features.10.weight, true",
        "features.1?, features.1.weight, false",
        "layer?, layer4.0.conv1.weight, true",
        "layer?, layer10.0.conv1.weight, false",
        "*.bias, classifier.1.bias, true",
        "*.bias, classifier.1.weight, false",
        "*, conv1.weight, true",
        "f.atures, features.0.weight, false",
        "classifier.1.weight, classifier.1.weight, true",
    })
    void namesPartsAndParameters(String pattern, String name, boolean expected) {
        assertThat(new ParameterNames(pattern).matches(name)).isEqualTo(expected);
    }

    @Test
    void findsParametersButNoBuffers() {
        Module network = new Sequential().add("conv", new Conv2d(1, 2, 3)).add("norm", new BatchNorm2d(2));

        assertThat(new ParameterNames("norm").in(network))
                .containsExactly(
                        network.parameters().get("norm.weight"),
                        network.parameters().get("norm.bias"));
    }

    @Test
    void aNameThatNothingHasIsRefusedWithThoseThereAre() {
        Module network = new Sequential().add("conv", new Conv2d(1, 2, 3)).add("norm", new BatchNorm2d(2));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ParameterNames("norms").in(network))
                .withMessageContaining("norms")
                .withMessageContaining("conv, norm");
    }
}
