package dev.tandem.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightsFileTest {
    @TempDir
    Path folder;

    private void writeShards() {
        SafeTensors.write(
                folder.resolve("a.safetensors"), Map.of("one", HostTensor.of(new float[] {1}, Shape.of(1))), Map.of());
        SafeTensors.write(
                folder.resolve("b.safetensors"), Map.of("two", HostTensor.of(new float[] {2}, Shape.of(1))), Map.of());
    }

    private Path writeIndex(String json) throws IOException {
        return Files.writeString(folder.resolve("model.safetensors.index.json"), json.replace('\'', '"'));
    }

    @Test
    void readsShardsByTheirIndexOrFolder() throws IOException {
        writeShards();
        Path index =
                writeIndex("{'metadata':{'total_size':8},'weight_map':{'two':'b.safetensors','one':'a.safetensors'}}");
        for (Path path : new Path[] {index, folder}) {
            Map<String, HostTensor> tensors = WeightsFile.read(path).tensors();
            assertThat(tensors.keySet()).containsExactly("two", "one");
            assertThat(tensors.get("one").toFloatArray()).containsExactly(1);
        }
        assertThat(WeightsFile.isIn(folder)).isTrue();
    }

    @Test
    void whatIsNoWeightsFileIsRefused() throws IOException {
        Path archive = Files.writeString(folder.resolve("weights.tar"), "weights/model.safetensors");
        assertThatThrownBy(() -> WeightsFile.read(archive))
                .isInstanceOf(BrokenFileException.class)
                .hasMessageContaining(archive + ": it is no safetensors file, none of PyTorch's");
        Path pointer = Files.writeString(
                folder.resolve("weights.bin"), "version https://git-lfs.github.com/spec/v1\noid sha256:4d\n");
        assertThatThrownBy(() -> WeightsFile.read(pointer))
                .isInstanceOf(BrokenFileException.class)
                .hasMessageContaining("git lfs pull");
    }

    @Test
    void readsTheOneFileOfAFolder() {
        assertThat(WeightsFile.isIn(folder)).isFalse();
        Map<String, HostTensor> tensors = Map.of("one", HostTensor.of(new float[] {1}, Shape.of(1)));
        SafeTensors.write(folder.resolve("model.safetensors"), tensors, Map.of("k", "v"));
        assertThat(WeightsFile.read(folder).metadata()).containsEntry("k", "v");
        assertThat(WeightsFile.isIn(folder)).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "[]                                             | it is no JSON object",
                "{'weight_map':{'one':'a.safetensors'}          | not valid JSON",
                "{'weight_map':{'one':1}}                       | 'one' is not a file's name",
                "{'weight_map':{}}                              | it has no weight_map",
                "{'metadata':{}}                                | it has no weight_map",
                "{'weight_map':{'one':'c.safetensors'}}         | c.safetensors, which it names, is not beside it",
                "{'weight_map':{'one':'b.safetensors'}}         | tensor 'one' is not in b.safetensors",
                "{'weight_map':{'one':'../a.safetensors'}}      | shards must lie beside the index",
                "{'weight_map':{'one':'/etc/passwd'}}           | shards must lie beside the index",
                "{'weight_map':{'one':'..'}}                    | shards must lie beside the index",
                "{'weight_map':{'one':'model.safetensors.index.json'}} | shards must lie beside the index",
                "{'weight_map':{'one':'a.safetensors','one':'b.safetensors'}} | Duplicate field",
            })
    void anIndexThatIsWrongIsRefused(String json, String fault) throws IOException {
        writeShards();
        Path index = writeIndex(json);
        assertThatThrownBy(() -> WeightsFile.read(index))
                .isInstanceOf(BrokenFileException.class)
                .hasMessageContaining(fault);
    }

    @Test
    void shardsMayBePickles() throws Exception {
        Files.write(
                folder.resolve("pytorch_model-00001-of-00001.bin"),
                PickleBytes.zip(
                        java.util.zip.ZipEntry.STORED,
                        "data.pkl",
                        PickleBytes.oneTensor(4, 1, new long[] {3}, new long[] {1}),
                        "data/0",
                        new byte[16]));
        Files.writeString(
                folder.resolve("pytorch_model.bin.index.json"),
                "{\"weight_map\":{\"w\":\"pytorch_model-00001-of-00001.bin\"}}");
        assertThat(WeightsFile.isIn(folder)).isTrue();
        assertThat(WeightsFile.read(folder).tensors().get("w").shape()).isEqualTo(Shape.of(3));
    }

    @Test
    void typesThatDevicesHaveNotAreConverted() throws IOException {
        ByteBuffer data = ByteBuffer.allocate(26).order(ByteOrder.LITTLE_ENDIAN);
        data.putDouble(0.1)
                .putInt(-1)
                .putShort((short) -2)
                .putShort((short) -2)
                .put((byte) -3)
                .put((byte) 1)
                .putDouble(1e300);
        String json = "{'d':{'dtype':'F64','shape':[1],'data_offsets':[0,8]},'u32':{'dtype':'U32','shape':[1],"
                + "'data_offsets':[8,12]},'i16':{'dtype':'I16','shape':[1],'data_offsets':[12,14]},"
                + "'u16':{'dtype':'U16','shape':[1],'data_offsets':[14,16]},'i8':{'dtype':'I8','shape':[1],"
                + "'data_offsets':[16,17]},'bool':{'dtype':'BOOL','shape':[1],'data_offsets':[17,18]},"
                + "'large':{'dtype':'F64','shape':[],'data_offsets':[18,26]}}";
        Path file =
                SafeTensorsBrokenTest.writeRaw(folder.resolve("x.safetensors"), json.replace('\'', '"'), data.array());
        Map<String, HostTensor> tensors = WeightsFile.read(file).tensors();
        assertThat(tensors.get("d").toFloatArray()).containsExactly(0.1f);
        assertThat(tensors.get("u32").toLongArray()).containsExactly(0xffffffffL);
        assertThat(tensors.get("i16").toLongArray()).containsExactly(-2);
        assertThat(tensors.get("u16").toLongArray()).containsExactly(0xfffe);
        assertThat(tensors.get("i8").toLongArray()).containsExactly(-3);
        assertThat(tensors.get("bool").toLongArray()).containsExactly(1);
        assertThat(tensors.get("large").toFloatArray()).containsExactly(Float.POSITIVE_INFINITY);
    }
}
