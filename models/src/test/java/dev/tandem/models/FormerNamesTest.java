package dev.tandem.models;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.io.WeightsFile;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import dev.tandem.tensor.DType;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files under names that torchvision maps when it loads them, and those of well-known copies. */
class FormerNamesTest {
    @TempDir
    Path folder;

    private WeightsFile renamed(Module network, String regex, String replacement) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        network.parameters()
                .forEach((name, parameter) -> tensors.put(
                        name.replaceAll(regex, replacement), HostTensor.allocate(DType.FLOAT32, parameter.shape())));
        Path file = folder.resolve("old.safetensors");
        SafeTensors.write(file, tensors, Map.of());
        return WeightsFile.read(file);
    }

    @ParameterizedTest
    @CsvSource({
        "densenet121, '(denselayer\\d+\\.(?:norm|conv))([12])\\.', '$1.$2.'",
        "vit_ti_4_cifar, 'mlp\\.0\\.', 'mlp.linear_1.'",
        "vit_ti_4_cifar, 'mlp\\.3\\.', 'mlp.linear_2.'",
        "resnet18_cifar, '^fc\\.', 'linear.'",
        "resnet18_cifar, 'downsample\\.', 'shortcut.'"
    })
    void filesOfFormerNamesFitWhole(String name, String regex, String replacement) {
        ModelEntry entry = Models.get(name);
        Module network = entry.build(entry.defaults());
        WeightsFile file = renamed(network, regex, replacement);

        assertThat(file.entries())
                .anySatisfy(each -> assertThat(network.parameters()).doesNotContainKey(each.name()));
        assertThat(Weights.fitting(file, network))
                .isEqualTo(network.parameters().size());
    }

    @Test
    void aNetworksOwnFileFitsItBest() {
        ModelEntry entry = Models.get("resnet18");
        WeightsFile file = renamed(entry.build(entry.defaults()), "^", "model.module.");
        for (String name : new String[] {"resnet18", "resnet34", "plain18"}) {
            Module network = Models.get(name).build(Models.get(name).defaults());
            int parameters = network.parameters().size();
            assertThat(Weights.fitting(file, network)).isEqualTo(name.equals("resnet34") ? 102 : parameters);
        }
    }
}
