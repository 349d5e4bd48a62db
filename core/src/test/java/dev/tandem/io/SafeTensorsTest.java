package dev.tandem.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsTest {
    @TempDir
    Path folder;

    /** Written by a few lines of Python after the format's description, as its reference implementation lays files out. */
    @Test
    void readsAFileOfTheReferenceLayout() throws Exception {
        Path file = folder.resolve("reference.safetensors");
        try (InputStream reference = SafeTensorsTest.class.getResourceAsStream("reference.safetensors")) {
            Files.copy(reference, file); // out of the jar, where backends run this test
        }

        SafeTensors read = SafeTensors.read(file);

        assertThat(read.metadata()).containsExactly(Map.entry("format", "pt"), Map.entry("note", "größe → \"5\""));
        Map<String, HostTensor> tensors = read.tensors();
        assertThat(tensors.keySet()).containsExactly("ids", "empty", "weight", "step", "brain", "half", "pixels");
        assertThat(tensors.get("ids").toLongArray()).containsExactly(-1, 1L << 40);
        assertThat(tensors.get("empty").shape()).isEqualTo(Shape.of(0, 4));
        assertThat(tensors.get("weight").shape()).isEqualTo(Shape.of(2, 3));
        assertThat(tensors.get("weight").toFloatArray())
                .containsExactly(0f, 1f, -2.5f, 3.1415927f, 1e-38f, Float.POSITIVE_INFINITY);
        assertThat(tensors.get("step").shape().rank()).isZero();
        assertThat(tensors.get("step").toIntArray()).containsExactly(-7);
        assertThat(tensors.get("brain").toFloatArray()).containsExactly(1f, -2.5f, Float.POSITIVE_INFINITY);
        assertThat(tensors.get("half").toFloatArray()).containsExactly(1f, -2.5f, 65504f);
        assertThat(tensors.get("pixels").toLongArray()).containsExactly(0, 1, 127, 128, 255);
    }

    @Test
    void whatWasWrittenIsReadBackInOrder() {
        Map<String, HostTensor> tensors = examples();
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("zebra", "quote \" slash \\ newline \n nul \0 emoji \uD83E\uDD93");
        metadata.put("apple", "");
        Path file = folder.resolve("a.safetensors");

        SafeTensors.write(file, tensors, metadata);
        SafeTensors read = SafeTensors.read(file);

        assertThat(read.metadata()).containsExactlyEntriesOf(metadata);
        assertThat(read.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
        tensors.forEach((name, tensor) -> {
            assertThat(read.tensors().get(name).contentEquals(tensor)).as(name).isTrue();
            assertThat(read.tensors().get(name).data().isMapped()).as(name).isTrue();
            assertThat(read.tensors().get(name).data().isReadOnly()).as(name).isTrue();
        });
    }

    @Test
    void everyTensorStartsAtAMultipleOfItsElementSize() throws IOException {
        Path file = folder.resolve("a.safetensors");
        SafeTensors.write(file, examples(), Map.of("k", "v"));

        byte[] bytes = Files.readAllBytes(file);
        long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertThat(header % 8).isZero();
        assertThat(new String(bytes, 8, 17, StandardCharsets.UTF_8)).isEqualTo("{\"__metadata__\":{");
        for (HostTensor tensor : SafeTensors.read(file).tensors().values()) {
            assertThat(tensor.data().address() % tensor.dtype().bytes())
                    .as(tensor.toString())
                    .isZero();
        }
    }

    @Test
    void aFileWithoutTensorsIsAFile() {
        Path file = folder.resolve("empty.safetensors");
        SafeTensors.write(file, Map.of(), Map.of());
        assertThat(SafeTensors.read(file).tensors()).isEmpty();
        assertThat(SafeTensors.read(file).metadata()).isEmpty();
    }

    @Test
    void theSameContentsGiveTheSameBytes() throws IOException {
        SafeTensors.write(folder.resolve("a"), examples(), Map.of("k", "v"));
        SafeTensors.write(folder.resolve("b"), examples(), Map.of("k", "v"));
        assertThat(folder.resolve("a")).hasSameBinaryContentAs(folder.resolve("b"));
    }

    @Test
    void memoryOfAnArrayIsWrittenToo() {
        float[] values = new float[600_000]; // more than one chunk
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        HostTensor tensor = new HostTensor(DType.FLOAT32, Shape.of(values.length), MemorySegment.ofArray(values));
        Path file = folder.resolve("a.safetensors");

        SafeTensors.write(file, Map.of("x", tensor), Map.of());

        assertThat(SafeTensors.read(file).tensors().get("x").toFloatArray()).isEqualTo(values);
    }

    @Test
    void aFileCanReplaceTheOneItWasReadFrom() {
        Path file = folder.resolve("a.safetensors");
        SafeTensors.write(file, examples(), Map.of("round", "1"));
        SafeTensors first = SafeTensors.read(file);

        SafeTensors.write(file, first.tensors(), Map.of("round", "2"));

        SafeTensors second = SafeTensors.read(file);
        assertThat(second.metadata()).containsEntry("round", "2");
        first.tensors()
                .forEach((name, tensor) -> assertThat(second.tensors().get(name).contentEquals(tensor))
                        .isTrue());
    }

    @Test
    void theChecksumHoldsWhenAnotherProgramLaysTheSameContentsOutAnew() throws IOException {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        tensors.put("a", HostTensor.of(new int[] {1, 2}, Shape.of(2)));
        tensors.put("b", HostTensor.of(new int[] {3}, Shape.of(1)));
        Path file = folder.resolve("a.safetensors");
        SafeTensors.write(file, tensors, Map.of("k", "v"));
        String checksum = SafeTensorsBrokenTest.header(file).replaceAll(".*(crc32c:\\w+).*", "$1");

        String other = "{\"b\":{\"data_offsets\":[0,4],\"shape\":[1],\"dtype\":\"I32\"}, \"__metadata__\":{"
                + "\"tandem.checksum\":\"" + checksum + "\",\"k\":\"v\",\"tandem.format\":\"1\"},\n"
                + "\"a\":{\"data_offsets\":[4,12],\"shape\":[2],\"dtype\":\"I32\"}}";
        SafeTensorsBrokenTest.writeRaw(file, other, new byte[] {3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0});

        assertThat(SafeTensors.read(file).tensors().get("a").toIntArray()).containsExactly(1, 2);
    }

    @Test
    void aClosedArenaUnmapsTheFile() {
        Path file = folder.resolve("a.safetensors");
        SafeTensors.write(file, examples(), Map.of());
        HostTensor tensor;
        try (Arena arena = Arena.ofConfined()) {
            tensor = SafeTensors.read(file, arena, SafeTensors.Integrity.SKIP)
                    .tensors()
                    .get("floats");
        }
        assertThatThrownBy(tensor::toFloatArray).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void reservedNamesAreRefused() {
        Path file = folder.resolve("a.safetensors");
        HostTensor tensor = HostTensor.of(new int[] {1}, Shape.of(1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SafeTensors.write(file, Map.of("__metadata__", tensor), Map.of()))
                .withMessageContaining("__metadata__");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SafeTensors.write(file, Map.of(), Map.of("tandem.checksum", "x")))
                .withMessageContaining("tandem.checksum");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SafeTensors.write(file, Map.of("half \uD83E of a pair", tensor), Map.of()))
                .withMessageContaining("Unicode");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> SafeTensors.read(folder.resolve("none.safetensors")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("none.safetensors: cannot be read: there is no such file");
        assertThatThrownBy(() -> SafeTensors.read(folder))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(folder + ": cannot be read: it is a folder");
    }

    /** Every type, narrow ones first so that the data needs another order than the header. */
    static Map<String, HostTensor> examples() {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        tensors.put("bytes", HostTensor.of(new byte[] {1, 2, -1}, Shape.of(3)));
        tensors.put("half", HostTensor.allocate(DType.FLOAT16, Shape.of(1, 3)));
        tensors.put("brain", HostTensor.allocate(DType.BFLOAT16, Shape.of(5)));
        tensors.put("floats", HostTensor.of(new float[] {1.5f, Float.NaN, -0f, Float.MIN_VALUE}, Shape.of(2, 2)));
        tensors.put("scalar", HostTensor.of(new int[] {Integer.MIN_VALUE}, Shape.of()));
        tensors.put("none", HostTensor.allocate(DType.FLOAT32, Shape.of(3, 0)));
        tensors.put("longs", HostTensor.of(new long[] {Long.MIN_VALUE, Long.MAX_VALUE}, Shape.of(2)));
        tensors.put("weight.ü \"quoted\"", HostTensor.of(new long[] {7}, Shape.of(1)));
        return tensors;
    }
}
