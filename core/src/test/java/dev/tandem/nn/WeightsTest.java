package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.io.HostTensor;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightsTest {
    private Device device;

    @BeforeEach
    void open() {
        device = Device.open(System.getProperty("tandem.conformance.device", "reference"));
    }

    @AfterEach
    void close() {
        device.close();
    }

    private Sequential network(int classes, long seed) {
        Sequential network = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2), new Linear(3, classes));
        network.initialize(device, seed);
        return network;
    }

    private static float[] values(Module network, String name) {
        return network.parameters().get(name).value().toFloatArray();
    }

    @Test
    void whatWasSavedIsLoaded(@TempDir Path folder) {
        Sequential saved = network(4, 1);
        Sequential loaded = network(4, 2);
        Path file = folder.resolve("weights.safetensors");
        Weights.save(saved, file, Map.of("model", "small"));
        assertThat(values(loaded, "0.weight")).isNotEqualTo(values(saved, "0.weight"));
        assertThat(Weights.load(loaded, file, true)).containsEntry("model", "small");
        saved.parameters().keySet().forEach(name -> assertThat(values(loaded, name))
                .isEqualTo(values(saved, name)));
    }

    @Test
    void everythingThatDoesNotFitIsListedAndNothingIsChanged() {
        Sequential network = network(4, 1);
        Map<String, HostTensor> tensors = new LinkedHashMap<>(Weights.toHost(network(7, 2)));
        tensors.remove("1.running_mean");
        tensors.put("extra", HostTensor.allocate(DType.FLOAT32, Shape.of(1)));
        tensors.put("1.num_batches_tracked", HostTensor.of(new long[] {9}, Shape.of()));
        float[] before = values(network, "0.weight");
        assertThatThrownBy(() -> Weights.load("small.safetensors", tensors, network, true))
                .hasMessageContaining("small.safetensors")
                .hasMessageContaining("5 of its 8 parameters fit; 2 of another shape: 2.weight is [7, 3], the network"
                        + " has [4, 3], 2.bias is [7], the network has [4]; 1 missing: 1.running_mean [2];"
                        + " 1 not expected: extra [1]; check")
                .hasMessageNotContaining("num_batches_tracked");
        assertThat(values(network, "0.weight")).isEqualTo(before);
    }

    @Test
    void notStrictLoadsWhatIsThere() {
        Sequential network = network(4, 1);
        Sequential other = network(4, 2);
        Map<String, HostTensor> tensors = new LinkedHashMap<>(Weights.toHost(other));
        tensors.remove("2.weight");
        tensors.put("extra", HostTensor.allocate(DType.FLOAT32, Shape.of(1)));
        float[] head = values(network, "2.weight");
        Weights.load("memory", tensors, network, false);
        assertThat(values(network, "0.weight")).isEqualTo(values(other, "0.weight"));
        assertThat(values(network, "2.weight")).isEqualTo(head);
    }

    @Test
    void anotherModelsWeightsAreRefusedThoughNotStrict() {
        Map<String, HostTensor> tensors = Map.of("conv1.weight", HostTensor.allocate(DType.FLOAT32, Shape.of(1)));
        assertThatThrownBy(() -> Weights.load("memory", tensors, network(4, 1), false))
                .hasMessageContaining("none of its names is the network's")
                .hasMessageContaining("conv1.weight")
                .hasMessageContaining("0.weight");
    }

    @Test
    void halvesAreConverted() {
        Sequential network = network(4, 1);
        HostTensor half = HostTensor.allocate(DType.BFLOAT16, Shape.of(4));
        half.data().setAtIndex(ValueLayout.JAVA_SHORT, 2, (short) 0x3f80); // 1.0
        Weights.load("memory", Map.of("2.bias", half), network, false);
        assertThat(values(network, "2.bias")).containsExactly(0, 0, 1, 0);
    }
}
