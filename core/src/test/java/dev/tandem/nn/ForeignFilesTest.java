package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.io.BrokenFileException;
import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.io.WeightsFile;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A network's weights are found wherever programs of others put them; {@code make_foreign_files.py} wrote the files. */
class ForeignFilesTest extends OnDevice {
    @TempDir
    Path folder;

    private Sequential network;

    @BeforeEach
    void build() {
        network = new Sequential()
                .add("conv1", new Conv2d(1, 2, 3))
                .add("bn1", new BatchNorm2d(2))
                .add("fc", new Linear(3, 4));
        network.initialize(device, 1);
    }

    private Path file(String name) throws Exception {
        Path file = folder.resolve(name);
        try (InputStream in = WeightsFile.class.getResourceAsStream("foreign/" + name)) {
            Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        }
        return file;
    }

    /** Parameter {@code i} counts up from {@code 32 i}. */
    private void assertLoaded(float added) {
        int i = 0;
        for (Parameter parameter : network.parameters().values()) {
            float[] values = parameter.value().toFloatArray();
            for (int k = 0; k < values.length; k++) {
                assertThat(values[k]).as("%s, value %d", parameter.path(), k).isEqualTo(32 * i + k + added);
            }
            i++;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "examples.pth",
                "ema.pth",
                "compiled_parallel.pth",
                "nested.pth",
                "listed.pth",
                "lightning.pth",
                "wrapped_part.pth",
                "namespace.pth",
                "numpy_scalar.pth",
                "odd_values.pth",
                "expanded.pth",
                "parameters.pth",
                "whole.pth",
                "whole_legacy.pth",
                "whole_in_dictionary_legacy.pth",
                "script.pt",
                "slots.pth",
                "bag.pth",
                "one_storage.pth",
                "HalfStorage.pth",
                "DoubleStorage.pth",
                "big_endian.pth",
                "compressed.pth",
                "cycle.pth",
                "numpy_2.pkl",
                "numpy_4.pkl",
                "numpy_5.pkl",
                "arrays.npz",
                "arrays_compressed.npz"
            })
    void weightsAreFoundWhereverTheyLie(String name) throws Exception {
        Weights.load(network, file(name), true);
        assertLoaded(0);
    }

    @Test
    void aMovingAverageIsTakenOnlyIfItIsNamed() throws Exception {
        Path file = file("ema.pth");

        Weights.Fit fit = Weights.fit(WeightsFile.read(file), network);
        assertThat(fit.remarks())
                .containsExactly("the weights under model are taken; there are as many under model_ema; to take those,"
                        + " name them behind the file: " + file + "#model_ema");

        Weights.load(network, Path.of(file + "#model_ema"), true);
        assertLoaded(500);
        assertThatThrownBy(() -> WeightsFile.read(Path.of(file + "#swa")))
                .hasMessageContaining(
                        "there are no tensors under swa; there are some under optimizer, model_ema, model");
    }

    @Test
    void aFileThatHasAHashInItsNameIsThatFile() throws Exception {
        Path file = Files.move(file("nested.pth"), folder.resolve("a#b"));
        Weights.load(network, file, true);
        assertLoaded(0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "namespace.pth | put aside, as they are no tensors: argparse.Namespace, datetime.datetime; nothing of them was run",
                "numpy_scalar.pth | put aside, as they are no tensors: numpy._core.multiarray.scalar; nothing of them was run",
                "expanded.pth | not used, as the network has no such parameters: pixel_mean",
                "whole.pth | put aside, as they are no tensors: mynet.Net, torch.nn.modules.module.Module; nothing of them was run"
            })
    void whatIsPutAsideIsNamed(String name, String remark) throws Exception {
        assertThat(Weights.fit(WeightsFile.read(file(name)), network).remarks()).containsExactly(remark);
    }

    @ParameterizedTest
    @CsvSource({"quantized.pth, it is quantized", "sparse.pth, it is sparse"})
    void weightsThatCannotBeReadAreNamed(String name, String reason) throws Exception {
        Path file = file(name);
        assertThatThrownBy(() -> Weights.load(network, file, true))
                .isInstanceOf(BrokenFileException.class)
                .hasMessageContaining(file + ": tensor 'fc.weight': " + reason);
    }

    // The same in files of other kinds
    // ---------------------------------------------------------------------------------------------

    private Path withNames(java.util.function.UnaryOperator<String> rename, Map<String, HostTensor> more)
            throws Exception {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        WeightsFile.read(file("nested.pth"))
                .tensors()
                .forEach((name, tensor) ->
                        tensors.put(rename.apply(name.replace("checkpoint.model_state_dict.", "")), tensor));
        tensors.putAll(more);
        Path file = folder.resolve("renamed.safetensors");
        SafeTensors.write(file, tensors, Map.of());
        return file;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "module.",
                "_orig_mod.",
                "model.",
                "net.",
                "backbone.",
                "encoder.",
                "state_dict.",
                "0.",
                "module._orig_mod.",
                "a.b.c.d."
            })
    void prefixesAreStrippedInAnyFile(String prefix) throws Exception {
        Weights.load(network, withNames(name -> prefix + name, Map.of()), true);
        assertLoaded(0);
    }

    @Test
    void namesThatPartsHadFormerlyAreKnown() throws Exception {
        network.formerly("norm.1", "bn1");
        network.children().get("conv1").formerly("kernel", "weight");
        Path file = withNames(
                name -> "module." + name.replace("bn1", "norm.1").replace("conv1.weight", "conv1.kernel"), Map.of());
        Weights.load(network, file, true);
        assertLoaded(0);
    }

    /** ResNet-34's names are ResNet-18's and more; taking what fits would compute nonsense. */
    @Test
    void layersThatTheNetworkHasNotAreRefused() throws Exception {
        HostTensor layer = HostTensor.allocate(DType.FLOAT32, Shape.of(4, 4));
        float[] before = network.parameters().get("fc.bias").value().toFloatArray();
        for (String name : new String[] {"fc2.weight", "bn1.extra.weight"}) {
            Path file = withNames(each -> "module." + each, Map.of("module." + name, layer));
            assertThatThrownBy(() -> Weights.load(network, file, true))
                    .isInstanceOf(WeightsMismatchException.class)
                    .hasMessageContaining("8 of its 8 parameters fit; 1 not expected: " + name + " [4, 4];");
            assertThat(network.parameters().get("fc.bias").value().toFloatArray())
                    .isEqualTo(before);
        }
    }

    @Test
    void auxiliaryHeadsMayBeMissingOrTooMany() throws Exception {
        AuxiliaryHeads with = new AuxiliaryHeads(0.3f);
        with.add("conv1", new Conv2d(1, 2, 3)).add("bn1", new BatchNorm2d(2));
        with.head("aux1", new Linear(2, 4)).add("fc", new Linear(3, 4));
        with.initialize(device, 2);
        float[] start = with.parameters().get("aux1.weight").value().toFloatArray();
        Path file = withNames(name -> name, Map.of());

        Weights.Fit fit = Weights.fit(WeightsFile.read(file), with);
        Weights.load(with, file, true);

        assertThat(fit.remarks())
                .containsExactly(
                        "it has no auxiliary heads (aux1), which only training uses; the network's start anew");
        assertThat(with.parameters().get("aux1.weight").value().toFloatArray()).isEqualTo(start);

        AuxiliaryHeads without = new AuxiliaryHeads(0.3f).withoutHead("aux1");
        without.add("conv1", new Conv2d(1, 2, 3)).add("bn1", new BatchNorm2d(2)).add("fc", new Linear(3, 4));
        without.initialize(device, 3);
        Path full = folder.resolve("full.safetensors");
        Weights.save(with, full, Map.of());
        Weights.load(without, full, true);
        assertThat(without.parameters().get("fc.weight").value().toFloatArray())
                .isEqualTo(with.parameters().get("fc.weight").value().toFloatArray());
    }

    @Test
    void aMismatchIsOneLineWithAFewNames() throws Exception {
        Path file = withNames(name -> name.startsWith("fc") ? "head." + name : "layer." + name, Map.of());
        assertThatThrownBy(() -> Weights.load(network, file, true))
                .isInstanceOf(WeightsMismatchException.class)
                .hasMessageStartingWith(file + ": these weights do not fit the network: 6 of its 8 parameters fit;"
                        + " 2 missing: fc.weight [4, 3], fc.bias [4]; check")
                .hasMessageNotContaining("\n");
    }
}
