package dev.tandem.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PyTorch files as a broken download or an attacker leaves them: each refused, nothing run, nothing large allocated. */
class TorchFileBrokenTest {
    @TempDir
    Path folder;

    private String refusalOfLegacy(byte[] pickle) throws Exception {
        return refusal(PickleBytes.legacy(pickle, "0", 4, new byte[16]));
    }

    /** The message that refuses these contents; null if they are read. */
    private String refusal(byte[] contents) throws Exception {
        Path file = folder.resolve("x.pth");
        Files.write(file, contents);
        try {
            WeightsFile.read(file);
            return null;
        } catch (BrokenFileException e) {
            assertThat(e).hasMessageStartingWith(file + ": ");
            return e.getMessage();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "posix, system",
        "builtins, eval",
        "__builtin__, eval",
        "os, system",
        "subprocess, Popen",
        "torch.hub, load",
        "torch, load",
        "torch._utils, _rebuild_tensor_v2.__globals__",
        "collections, OrderedDict.__class__",
        "numpy.core.multiarray, scalar",
        "mymodels, Net"
    })
    void whateverIsNoTensorIsRefusedByNameAndPlace(String module, String name) throws Exception {
        byte[] pickle = new PickleBytes()
                .global(module, name)
                .ops("(")
                .text("touch /tmp/owned")
                .ops("tR")
                .end();
        int at = PickleBytes.legacyStart().length + 2;
        assertThat(refusalOfLegacy(pickle)).contains("byte " + at + ": the pickle names " + module + "." + name);
        assertThat(refusal(PickleBytes.zip(ZipEntry.STORED, "data.pkl", pickle)))
                .contains("data.pkl byte 2: the pickle names " + module + "." + name);

        byte[] protocol4 =
                new PickleBytes().text(module).text(name).raw(0x93).ops(")R").end();
        assertThat(refusalOfLegacy(protocol4)).contains("the pickle names " + module + "." + name);
    }

    /** What object-oriented pickles do beside plain calls: build instances, extensions, buffers, old text forms. */
    @ParameterizedTest
    @ValueSource(
            ints = {0x81, 0x92, 'i', 'o', 0x82, 0x83, 0x84, 'P', 0x97, 0x98, 'I', 'S', 'V', 'L', 0x8b, 'B', 0x8e, 0xff})
    void otherOpcodesAreRefused(int opcode) throws Exception {
        assertThat(refusalOfLegacy(new PickleBytes().ops("}}").raw(opcode).end()))
                .contains(String.format("opcode 0x%02x", opcode));
    }

    @ParameterizedTest
    @CsvSource({
        "4, 0, 5, 1", // one more than there is
        "4, 1, 4, 1",
        "4, -1, 4, 1",
        "4, 9223372036854775807, 4, 1",
        "4, 0, -4, 1",
        "4, 0, 4, -1",
        "4, 0, 2, 4",
        "4, 0, 2, 9223372036854775807",
        "4, 0, 1000000000000, 0", // a terabyte of one value
        "4, 0, 9223372036854775807, 1",
        "-4, 0, 4, 1",
        "5, 0, 4, 1", // another length than the storage has
        "3, 0, 3, 1",
        "1000000000000, 0, 4, 1",
        "9223372036854775807, 0, 4, 1"
    })
    void sizesOffsetsAndStridesThatLieAreRefused(long elements, long offset, long size, long stride) throws Exception {
        byte[] pickle = PickleBytes.oneTensor(elements, offset, new long[] {size}, new long[] {stride});
        assertThat(refusalOfLegacy(pickle)).isNotNull();
        assertThat(refusal(PickleBytes.zip(ZipEntry.STORED, "data.pkl", pickle, "data/0", new byte[16])))
                .isNotNull();
    }

    @Test
    void theTruthIsRead() throws Exception {
        byte[] pickle = PickleBytes.oneTensor(4, 1, new long[] {3}, new long[] {1});
        assertThat(refusalOfLegacy(pickle)).isNull();
        assertThat(refusal(PickleBytes.zip(ZipEntry.STORED, "data.pkl", pickle, "data/0", new byte[16])))
                .isNull();
    }

    @Test
    void aStorageThatIsNotThereOrTwoThingsAtOnceIsRefused() throws Exception {
        byte[] pickle = PickleBytes.oneTensor(4, 0, new long[] {4}, new long[] {1});
        assertThat(refusal(PickleBytes.zip(ZipEntry.STORED, "data.pkl", pickle)))
                .contains("data/0: it is missing");
        assertThat(refusal(PickleBytes.legacy(pickle, "1", 4, new byte[16]))).contains("does not fit the tensors");
        byte[] both = new PickleBytes()
                .ops("}(")
                .text("a")
                .tensor("FloatStorage", "0", 4, 0, new long[] {4}, new long[] {1})
                .text("b")
                .tensor("DoubleStorage", "0", 2, 0, new long[] {2}, new long[] {1})
                .ops("u")
                .end();
        assertThat(refusalOfLegacy(both)).contains("storage 0 is");
    }

    /** Ten thousand transposed views of one storage would be ten thousand copies. */
    @Test
    void tensorsThatOverlapToGrowAreRefused() throws Exception {
        PickleBytes pickle = new PickleBytes().ops("}(");
        for (int i = 0; i < 10_000; i++) {
            pickle.text("w" + i).tensor("FloatStorage", "0", 1 << 18, 0, new long[] {512, 512}, new long[] {1, 512});
        }
        byte[] bytes = pickle.ops("u").end();
        assertThat(refusal(PickleBytes.legacy(bytes, "0", 1 << 18, new byte[4 << 18])))
                .contains("tensors overlap");
    }

    @Test
    void aCompressedOrOverlappingZipIsRefused() throws Exception {
        byte[] pickle = PickleBytes.oneTensor(1 << 20, 0, new long[] {1 << 20}, new long[] {1});
        byte[] bomb = PickleBytes.zip(ZipEntry.DEFLATED, "data.pkl", pickle, "data/0", new byte[4 << 20]);
        assertThat(bomb.length).isLessThan(10_000);
        assertThat(refusal(bomb)).contains("compressed");
    }

    @Test
    void programsAreRefused() throws Exception {
        byte[] pickle = PickleBytes.oneTensor(4, 0, new long[] {4}, new long[] {1});
        assertThat(refusal(PickleBytes.zip(ZipEntry.STORED, "constants.pkl", pickle, "data.pkl", pickle)))
                .contains("TorchScript");
        assertThat(refusal(PickleBytes.zip(ZipEntry.STORED, "picture.png", new byte[9])))
                .contains("zip file without data.pkl");
        assertThat(refusal(new PickleBytes().ops("}").end())).contains("torch.save did not write it");
    }

    @Test
    void whatHoldsNoTensorsByNameIsRefusedSayingWhatItHas() throws Exception {
        assertThat(refusalOfLegacy(new PickleBytes()
                        .ops("}(")
                        .text("epoch")
                        .number(3)
                        .ops("u")
                        .end()))
                .contains("neither at its top nor under state_dict")
                .contains("it has epoch");
        assertThat(refusalOfLegacy(new PickleBytes().ops("]").end())).contains("no dictionary of tensors");
    }

    /** Values nested a million deep, and ones that hold themselves, overflow no stack of Java's. */
    @Test
    void deepNestingAndCyclesAreHarmless() throws Exception {
        PickleBytes deep = new PickleBytes().ops("}").text("x");
        deep.ops("]".repeat(1_000_000)).ops("a".repeat(999_999)).ops("s");
        assertThat(refusalOfLegacy(deep.end())).contains("holds no tensors by name");

        PickleBytes tuples = new PickleBytes().ops(")");
        for (int i = 0; i < 100; i++) {
            tuples.ops("2").raw(0x86); // twice itself: 2^100 in all
        }
        assertThat(refusalOfLegacy(tuples.ops("]").ops("0").end())).contains("no dictionary of tensors");

        PickleBytes key = new PickleBytes().ops("})");
        for (int i = 0; i < 100; i++) {
            key.ops("2").raw(0x86);
        }
        assertThat(refusalOfLegacy(key.ops("Ns").end())).contains("key is neither text nor number");
        PickleBytes name = new PickleBytes().ops("]2").raw('q', 1).ops("a").raw('h', 1, 'h', 1, 0x93);
        assertThat(refusalOfLegacy(name.end())).contains("a global whose name is no text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"small_zip.pth", "small_legacy.pth"})
    void everyTruncationIsRefused(String resource) throws Exception {
        byte[] bytes = Files.readAllBytes(TorchFileTest.copy(resource, folder));
        for (int length = 0; length < bytes.length; length++) {
            assertThat(refusal(Arrays.copyOf(bytes, length)))
                    .as("cut to %d of %d bytes", length, bytes.length)
                    .isNotNull();
        }
        assertThat(refusal(bytes)).isNull();
    }

    /** Whatever the bytes, the reader either reads or refuses; never another exception. Seeded. */
    @ParameterizedTest
    @ValueSource(strings = {"small_zip.pth", "small_legacy.pth", "small_protocol4.pth"})
    void randomDamageNeverEscapesAsAnotherException(String resource) throws Exception {
        byte[] bytes = Files.readAllBytes(TorchFileTest.copy(resource, folder));
        List<Integer> likely = new ArrayList<>();
        for (byte each : bytes) {
            likely.add((int) each); // opcodes and names of the file itself make the most plausible damage
        }
        Random random = new Random(11);
        int refused = 0;
        for (int round = 0; round < 6_000; round++) {
            byte[] altered = bytes.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
                int value = random.nextBoolean() ? likely.get(random.nextInt(likely.size())) : random.nextInt(256);
                altered[random.nextInt(altered.length)] = (byte) value;
            }
            refused += refusal(altered) == null ? 0 : 1;
        }
        assertThat(refused).isBetween(1_000, 5_999);
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> WeightsFile.read(folder.resolve("none.pth")))
                .hasMessageContaining("none.pth: cannot be read: there is no such file");
    }
}
