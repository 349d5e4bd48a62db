package dev.tandem.nn;

import static dev.tandem.nn.Layers.adaptiveAvgPool;
import static dev.tandem.nn.Layers.conv;
import static dev.tandem.nn.Layers.dropout;
import static dev.tandem.nn.Layers.flatten;
import static dev.tandem.nn.Layers.linear;
import static dev.tandem.nn.Layers.maxPool;
import static dev.tandem.nn.Layers.relu;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.meta.MetaBackend;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.Test;

class SummaryTest {
    /** torchvision's alexnet: 61,100,840 parameters, 714,188,480 multiply-adds (its weights' documentation says 0.71 G). */
    private static Sequential alexNet() {
        Sequential features = new Sequential(
                conv(3, 64, 11).stride(4).padding(2),
                relu(),
                maxPool(3).stride(2),
                conv(64, 192, 5).padding(2),
                relu(),
                maxPool(3).stride(2),
                conv(192, 384, 3).padding(1),
                relu(),
                conv(384, 256, 3).padding(1),
                relu(),
                conv(256, 256, 3).padding(1),
                relu(),
                maxPool(3).stride(2));
        Sequential classifier = new Sequential(
                dropout(0.5f),
                linear(9216, 4096),
                relu(),
                dropout(0.5f),
                linear(4096, 4096),
                relu(),
                linear(4096, 1000));
        return new Sequential()
                .add("features", features)
                .add("avgpool", adaptiveAvgPool(6))
                .add("flatten", flatten())
                .add("classifier", classifier);
    }

    @Test
    void countsAlexNetAsItsPublishedWeightsDo() {
        Summary summary = Summary.of(alexNet(), 1, 3, 224, 224);
        assertThat(summary.parameters()).isEqualTo(61_100_840);
        assertThat(summary.multiplyAdds()).isEqualTo(714_188_480);
        assertThat(summary.output()).isEqualTo(Shape.of(1, 1000));
        Summary.Row first = summary.rows().stream()
                .filter(row -> row.path().equals("features.0"))
                .findFirst()
                .orElseThrow();
        assertThat(first.output()).isEqualTo(Shape.of(1, 64, 55, 55));
        assertThat(first.parameters()).isEqualTo(64 * 3 * 11 * 11 + 64);
        assertThat(first.multiplyAdds()).isEqualTo(55L * 55 * 64 * 3 * 11 * 11);
        assertThat(first.outputBytes()).isEqualTo(55L * 55 * 64 * 4);
    }

    @Test
    void rowsComeInOrderOfUseWithTheNetworkFirst() {
        Summary summary = Summary.of(new Sequential(flatten(), linear(4, 2)), 1, 2, 2);
        assertThat(summary.rows()).extracting(Summary.Row::path).containsExactly("", "0", "1");
        assertThat(summary.rows()).extracting(Summary.Row::isLeaf).containsExactly(false, true, true);
    }

    @Test
    void printsATable() {
        String text = Summary.of(alexNet(), 1, 3, 224, 224).toString();
        assertThat(text.lines().filter(line -> line.startsWith("features.0")))
                .singleElement()
                .asString()
                .contains("Conv2d(3, 64, 11×11, stride 4, padding 2)", "[1, 64, 55, 55]", "23,296", "70,276,800");
        assertThat(text.lines().reduce((a, b) -> b).orElseThrow())
                .startsWith("total")
                .contains("61,100,840");
    }

    @Test
    void leavesTheNetworkUninitialisedAndTheThreadsDeviceCurrent() {
        try (Device device = Device.of(new MetaBackend())) {
            Sequential network = alexNet();
            Summary.of(network, 1, 3, 224, 224);
            assertThat(Device.current()).isSameAs(device);
            assertThat(network.parameters().get("features.0.weight").isInitialized())
                    .isFalse();
            network.initialize(device, 0);
            assertThat(network.isTraining()).isTrue();
        }
    }

    @Test
    void leavesAnInitialisedNetworkAsItWas() {
        try (Device device = Device.of(new MetaBackend())) {
            Sequential network = new Sequential(flatten(), linear(4, 2));
            network.initialize(device, 0);
            FlatParameters flat = network.flatParameters();
            Tensor weight = network.parameters().get("1.weight").value();
            network.setTraining(false);
            Summary.of(network, 1, 2, 2);
            assertThat(network.flatParameters()).isSameAs(flat);
            assertThat(network.parameters().get("1.weight").value()).isSameAs(weight);
            assertThat(network.isTraining()).isFalse();
            assertThat(network.isObserved()).isFalse();
        }
    }

    @Test
    void aNetworkThatFailsIsLeftAsItWasToo() {
        Sequential network = new Sequential(flatten(), linear(4, 2));
        assertThatThrownBy(() -> Summary.of(network, 1, 2, 3)).hasMessageStartingWith("Linear 1: input");
        assertThat(Summary.of(network, 1, 2, 2).parameters()).isEqualTo(10);
    }

    @Test
    void aNetworkMayBeInitialisedAgainOnceItsDeviceIsClosed() {
        Sequential network = new Sequential(linear(4, 2));
        try (Device device = Device.of(new MetaBackend())) {
            network.initialize(device, 0);
            assertThatThrownBy(() -> network.initialize(device, 0)).hasMessageContaining("already");
        }
        try (Device device = Device.of(new MetaBackend())) {
            network.initialize(device, 0);
            assertThat(network.apply(Tensor.zeros(1, 4)).shape()).isEqualTo(Shape.of(1, 2));
        }
    }

    @Test
    void trainingBytesHoldParametersGradientsAndActivations() {
        Sequential network = new Sequential(linear(64, 64).bias(false));
        long parameters = 64 * 64 * 4;
        long activations = 32 * 64 * 4;
        assertThat(Summary.trainingBytes(network, 32, 64))
                .isBetween(2 * parameters + 2 * activations, 2 * parameters + 4 * activations);
    }
}
