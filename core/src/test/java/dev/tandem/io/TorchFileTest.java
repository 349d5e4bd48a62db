package dev.tandem.io;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that PyTorch 1.13 wrote, by {@code make_torch_files.py} beside them. */
class TorchFileTest {
    @TempDir
    Path folder;

    static Path copy(String resource, Path folder) throws Exception {
        Path file = folder.resolve(resource.substring(resource.lastIndexOf('/') + 1));
        try (InputStream in = TorchFileTest.class.getResourceAsStream(resource)) {
            Files.copy(in, file);
        }
        return file;
    }

    @ParameterizedTest
    @ValueSource(strings = {"small_zip.pth", "small_legacy.pth", "small_protocol4.pth"})
    void readsEveryTypeAndLayoutOfBothForms(String resource) throws Exception {
        WeightsFile read = WeightsFile.read(copy(resource, folder));

        assertThat(read.metadata()).isEmpty();
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        read.tensors().forEach((name, tensor) -> {
            if (name.contains("module.")) {
                tensors.put(name.substring(name.indexOf("module.") + 7), tensor);
            }
        });
        assertThat(tensors.keySet())
                .containsExactly(
                        "plain",
                        "transposed",
                        "part",
                        "every_third",
                        "parameter",
                        "half",
                        "brain",
                        "double",
                        "num_batches_tracked",
                        "int32",
                        "int16",
                        "int8",
                        "uint8",
                        "bool",
                        "empty");
        assertThat(tensors.get("plain").shape()).isEqualTo(Shape.of(2, 2));
        assertThat(tensors.get("plain").toFloatArray()).containsExactly(1, -2.5f, 3.25f, Float.POSITIVE_INFINITY);
        assertThat(tensors.get("transposed").shape()).isEqualTo(Shape.of(3, 2));
        assertThat(tensors.get("transposed").toFloatArray()).containsExactly(0, 3, 1, 4, 2, 5);
        assertThat(tensors.get("part").shape()).isEqualTo(Shape.of(3, 2));
        assertThat(tensors.get("part").toFloatArray()).containsExactly(4, 5, 6, 7, 8, 9);
        assertThat(tensors.get("every_third").toFloatArray()).containsExactly(0, 3, 6, 9);
        assertThat(tensors.get("parameter").toFloatArray()).containsExactly(7, 8);
        assertThat(tensors.get("half").dtype()).isEqualTo(DType.FLOAT16);
        assertThat(tensors.get("half").toFloatArray()).containsExactly(1, -2.5f, 65504);
        assertThat(tensors.get("brain").dtype()).isEqualTo(DType.BFLOAT16);
        assertThat(tensors.get("brain").toFloatArray()).containsExactly(1, -2.5f);
        assertThat(tensors.get("double").toFloatArray()).containsExactly(0.1f, -1e30f);
        assertThat(tensors.get("num_batches_tracked").shape()).isEqualTo(Shape.of());
        assertThat(tensors.get("num_batches_tracked").toLongArray()).containsExactly(1L << 40);
        assertThat(tensors.get("int32").toLongArray()).containsExactly(-7);
        assertThat(tensors.get("int16").toLongArray()).containsExactly(-300, 300);
        assertThat(tensors.get("int8").toLongArray()).containsExactly(-1, 127);
        assertThat(tensors.get("uint8").toLongArray()).containsExactly(0, 255);
        assertThat(tensors.get("bool").toLongArray()).containsExactly(1, 0);
        assertThat(tensors.get("empty").shape()).isEqualTo(Shape.of(0, 4));
    }

    @Test
    void theNameOfAFileDoesNotMatter() throws Exception {
        Path file = Files.move(copy("small_zip.pth", folder), folder.resolve("weights.safetensors"));
        assertThat(WeightsFile.read(file).tensors()).containsKey("state_dict.module.plain");
    }
}
