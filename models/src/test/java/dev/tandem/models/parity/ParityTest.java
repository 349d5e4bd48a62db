package dev.tandem.models.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.io.BrokenFileException;
import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The zoo computes what torchvision computes: traces that torch 1.13 and torchvision 0.14 wrote, in float32. */
class ParityTest {
    @TempDir
    Path folder;

    private Path copy(String name) throws Exception {
        Path file = folder.resolve(name);
        try (InputStream in = ParityTest.class.getResourceAsStream(name)) {
            Files.copy(in, file);
        }
        return file;
    }

    private static List<Finding> check(Path file) {
        try (Device device = Device.open(System.getProperty("tandem.parity.device", "cpu"))) {
            return Parity.check(Trace.read(file), device);
        }
    }

    /** The heads' logits and losses are compared, and their losses are in the gradients and steps. */
    @Test
    void auxiliaryHeadsComputeWhatTorchvisionsCompute() throws Exception {
        List<Finding> findings = check(copy("googlenet_aux_compact.safetensors"));

        assertThat(findings)
                .extracting(Finding::group)
                .contains("train.aux1", "train.aux2", "train.loss_main", "train.loss_aux1", "train.loss_aux2", "grad");
        assertThat(findings)
                .allSatisfy(finding ->
                        assertThat(finding.passes()).as(finding.toString()).isTrue());
    }

    /** On these the errors stay below ten times PyTorch's own rounding: 1e-5, but for the gradients of deep networks. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "lenet5.safetensors",
                "vit_custom.safetensors",
                "alexnet_compact.safetensors",
                "resnet18_cifar_compact.safetensors"
            })
    void computesWhatTorchvisionComputes(String trace) throws Exception {
        List<Finding> findings = check(copy(trace));

        assertThat(findings)
                .extracting(Finding::group)
                .contains(
                        "eval.logits",
                        "train.logits",
                        "train.loss",
                        "grad",
                        "step.losses",
                        "stepK",
                        "eval_after.logits");
        assertThat(findings).allSatisfy(finding -> {
            assertThat(finding.passes()).as(finding.toString()).isTrue();
            assertThat(finding.allowance())
                    .isLessThanOrEqualTo(finding.group().matches("(eval|train).logits") ? 1e-4 : 1e-3);
            assertThat(finding.error()).isLessThan(finding.group().equals("grad") ? 1.8e-4 : 1.2e-5);
        });
    }

    /** A trace with one value altered by a hundredth of its tensor's largest: the check sees it, and where. */
    @ParameterizedTest
    @CsvSource({
        "lenet5.safetensors, eval.logits, eval.logits",
        "lenet5.safetensors, grad.9.weight, grad",
        "lenet5.safetensors, stepK.0.bias, stepK",
        "lenet5.safetensors, step.losses, step.losses",
        "lenet5.safetensors, state.3.weight, eval.logits",
        "lenet5.safetensors, input, grad",
        "resnet18_cifar_compact.safetensors, grad.conv1.weight, grad",
        "resnet18_cifar_compact.safetensors, grad.layer4.0.conv1.weight#sample, grad",
        "resnet18_cifar_compact.safetensors, train.state.bn1.running_var, train.state"
    })
    void aDifferenceIsFound(String name, String tensor, String group) throws Exception {
        SafeTensors whole = SafeTensors.read(copy(name));
        Map<String, HostTensor> tensors = new LinkedHashMap<>(whole.tensors());
        float[] values = tensors.get(tensor).toFloatArray();
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < values.length; i += 7) {
            values[i] += 0.01f * largest;
        }
        tensors.put(tensor, HostTensor.of(values, tensors.get(tensor).shape()));
        Path altered = folder.resolve("altered.safetensors");
        SafeTensors.write(altered, tensors, whole.metadata());

        assertThat(check(altered))
                .filteredOn(finding -> !finding.passes())
                .extracting(Finding::group)
                .contains(group);
    }

    @Test
    void notANumberIsFoundWhereItIs() throws Exception {
        SafeTensors whole = SafeTensors.read(copy("lenet5.safetensors"));
        Map<String, HostTensor> tensors = new LinkedHashMap<>(whole.tensors());
        float[] values = tensors.get("grad.0.weight").toFloatArray();
        values[3] = Float.NaN;
        tensors.put(
                "grad.0.weight",
                HostTensor.of(values, tensors.get("grad.0.weight").shape()));
        Path altered = folder.resolve("altered.safetensors");
        SafeTensors.write(altered, tensors, whole.metadata());

        assertThat(check(altered))
                .filteredOn(finding -> !finding.passes())
                .singleElement()
                .extracting(Finding::worst)
                .isEqualTo("grad.0.weight");
    }

    @Test
    void notANumberNeverPasses() {
        assertThat(new Finding("grad", 1, Double.NaN, 1e-3, "grad.x").passes()).isFalse();
        HostTensor ones = HostTensor.of(new float[] {1, 1}, Shape.of(2));
        HostTensor nan = HostTensor.of(new float[] {1, Float.NaN}, Shape.of(2));
        assertThat(Expected.of(ones).error(nan, 0)).isNaN();
        assertThat(Expected.of(nan).error(ones, 0)).isNaN();
        assertThat(Expected.of(ones).error(HostTensor.of(new float[3], Shape.of(3)), 0))
                .isInfinite();
    }

    /** The generator's values as its author's Python prints them. */
    @Test
    void compactTracesGenerateTheAuthorsValues() {
        PortableValues values = new PortableValues(3, Set.of("features.0.weight"));
        float[] input = values.input(Shape.of(1, 1, 2, 2)).toFloatArray();
        assertThat(input)
                .containsExactly(-0.5927515029907227f, 0.7766250371932983f, 0.9185473918914795f, 0.5938071012496948f);
        // 11 x 11 x 3 inputs: the largest power of two up to sqrt(6 / 363) is 1/8
        float[] weight =
                values.state("features.0.weight", Shape.of(2, 3, 11, 11)).toFloatArray();
        assertThat(weight)
                .startsWith(0.03484910726547241f, 0.015112578868865967f, 0.0898929089307785f, 0.12077318131923676f);
    }

    @Test
    void anotherNetworksTraceIsRefused() throws Exception {
        SafeTensors whole = SafeTensors.read(copy("vit_custom.safetensors"));
        Map<String, String> metadata = new LinkedHashMap<>(whole.metadata());
        metadata.put("args", metadata.get("args").replace("\"vit\": \"\"", "\"vit\": \"layers=3\""));
        Path altered = folder.resolve("altered.safetensors");
        SafeTensors.write(altered, whole.tensors(), metadata);
        assertThatThrownBy(() -> check(altered))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vit_custom is built otherwise")
                .hasMessageContaining("encoder_layer_2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.021", "1e300"})
    void aTraceThatWouldLetAnythingPassIsRefused(String rounding) throws Exception {
        SafeTensors whole = SafeTensors.read(copy("lenet5.safetensors"));
        Map<String, String> metadata = new LinkedHashMap<>(whole.metadata());
        metadata.put("ref64", metadata.get("ref64").replaceFirst("\"max_rel\": [^,}]+", "\"max_rel\": " + rounding));
        Path altered = folder.resolve("altered.safetensors");
        SafeTensors.write(altered, whole.tensors(), metadata);
        assertThatThrownBy(() -> Trace.read(altered))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("differs from its float64 by " + rounding + " in eval.logits");
    }

    @Test
    void whatIsNoTraceIsRefused() {
        Path file = folder.resolve("weights.safetensors");
        SafeTensors.write(file, Map.of("w", HostTensor.of(new float[] {1}, Shape.of(1))), Map.of("format", "pt"));
        assertThatThrownBy(() -> Trace.read(file))
                .isInstanceOf(BrokenFileException.class)
                .hasMessageContaining("no trace of a training case");
        SafeTensors.write(file, Map.of(), Map.of("format", "parity-1", "args", "[1"));
        assertThatThrownBy(() -> Trace.read(file))
                .isInstanceOf(BrokenFileException.class)
                .hasMessageContaining("args is no JSON object");
    }
}
