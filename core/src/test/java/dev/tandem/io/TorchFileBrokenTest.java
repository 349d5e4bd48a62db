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
            WeightsFile.read(file).tensors();
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
        String refused = "it holds no tensors under names; of " + module + "." + name + " nothing was run";
        assertThat(refusalOfLegacy(pickle)).contains(refused);
        assertThat(refusal(PickleBytes.zip(ZipEntry.STORED, "data.pkl", pickle)))
                .contains(refused);

        byte[] protocol4 =
                new PickleBytes().text(module).text(name).raw(0x93).ops(")R").end();
        assertThat(refusalOfLegacy(protocol4)).contains(refused);
    }

    /** Beside weights, in each way in which a pickle can call something. */
    @ParameterizedTest
    @ValueSource(strings = {"call", "new", "new with names", "inst", "obj", "build", "append", "set"})
    void whatWouldRunIsInertBesideWeights(String way) throws Exception {
        PickleBytes pickle = new PickleBytes().ops("}(").text("w");
        pickle.tensor("FloatStorage", "0", 4, 0, new long[] {4}, new long[] {1}).text("evil");
        Path owned = folder.resolve("owned");
        String command = "touch " + owned;
        switch (way) {
            case "call" -> pickle.global("os", "system").ops("(").text(command).ops("tR");
            case "new" ->
                pickle.global("os", "system").ops("(").text(command).ops("t").raw(0x81);
            case "new with names" ->
                pickle.global("os", "system").ops("(").text(command).ops("t}").raw(0x92);
            case "inst" -> pickle.ops("(").text(command).ops("ios\nsystem\n");
            case "obj" -> pickle.ops("(").global("os", "system").text(command).ops("o");
            case "build" ->
                pickle.global("builtins", "object")
                        .ops(")R}")
                        .text("__class__")
                        .global("os", "system")
                        .ops("sb");
            case "append" ->
                pickle.global("mine", "List").ops(")R").text(command).ops("a");
            default ->
                pickle.global("mine", "Map").ops(")R").text("a").text(command).ops("s");
        }
        byte[] bytes = pickle.ops("u").end();

        assertThat(refusalOfLegacy(bytes)).isNull();
        assertThat(owned).doesNotExist();
        WeightsFile read = WeightsFile.read(folder.resolve("x.pth"));
        assertThat(read.tensors()).containsOnlyKeys("w");
        assertThat(read.aside()).hasSize(1);
    }

    /** Extensions, buffers outside of the file, and the text forms of protocol 0. */
    @ParameterizedTest
    @ValueSource(ints = {0x82, 0x83, 0x84, 'P', 0x97, 0x98, 'I', 'S', 'V', 'L', 'F', 'd', 'l', 'g', 'p', 0xff})
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
        "4, 0, 4611686018427387904, 0", // more bytes than 64 bits can count
        "4, 0, 1152921504606846976, 0",
        "4, 4, 1000, 0", // behind the end
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
        assertThat(refusal(bomb)).contains("compressed from 4194304 bytes");
    }

    @Test
    void whatTorchDidNotWriteIsRefused() throws Exception {
        byte[] pickle = PickleBytes.oneTensor(4, 0, new long[] {4}, new long[] {1});
        assertThat(refusal(PickleBytes.zip(ZipEntry.STORED, "picture.png", new byte[9])))
                .contains("zip file without data.pkl");
        assertThat(refusal(pickle)).contains("torch.save did not write it");
        assertThat(refusal(new PickleBytes().ops("}").end())).contains("no tensors under names");
    }

    @Test
    void whatHoldsNoTensorsByNameIsRefusedSayingWhatItHas() throws Exception {
        assertThat(refusalOfLegacy(new PickleBytes()
                        .ops("}(")
                        .text("epoch")
                        .number(3)
                        .ops("u")
                        .end()))
                .contains("it holds no tensors under names; it has epoch; save");
        assertThat(refusalOfLegacy(new PickleBytes().ops("]").end())).contains("no tensors under names; save");
    }

    /** Values nested a million deep, and ones that hold themselves, overflow no stack of Java's. */
    @Test
    void deepNestingAndCyclesAreHarmless() throws Exception {
        PickleBytes deep = new PickleBytes().ops("}").text("x");
        deep.ops("]".repeat(1_000_000)).ops("a".repeat(999_999)).ops("s");
        assertThat(refusalOfLegacy(deep.end())).contains("holds no tensors under names");

        PickleBytes tuples = new PickleBytes().ops(")");
        for (int i = 0; i < 100; i++) {
            tuples.ops("2").raw(0x86); // twice itself: 2^100 in all
        }
        assertThat(refusalOfLegacy(tuples.ops("]").ops("0").end())).contains("no tensors under names");

        PickleBytes key = new PickleBytes().ops("})");
        for (int i = 0; i < 100; i++) {
            key.ops("2").raw(0x86);
        }
        assertThat(refusalOfLegacy(key.ops("Ns").end())).contains("no tensors under names");
        PickleBytes name = new PickleBytes().ops("]2").raw('q', 1).ops("a").raw('h', 1, 'h', 1, 0x93);
        assertThat(refusalOfLegacy(name.end())).contains("a global whose name is no text");
    }

    /** Names would be as long as all that they lie in; a thousand levels of a thousand letters each. */
    @Test
    void deepDictionariesOfLongNamesStaySmall() throws Exception {
        PickleBytes deep = new PickleBytes();
        String name = "n".repeat(900);
        for (int i = 0; i < 5_000; i++) {
            deep.ops("}").text(name);
        }
        deep.tensor("FloatStorage", "0", 4, 0, new long[] {4}, new long[] {1});
        deep.ops("s".repeat(5_000));
        assertThat(refusalOfLegacy(deep.end())).contains("no tensors under names");

        PickleBytes shared = new PickleBytes().ops("}");
        for (int i = 0; i < 60; i++) { // each holds the one before twice: 2^60 ways to the innermost
            shared.raw('q', i)
                    .ops("}(")
                    .text("a")
                    .raw('h', i)
                    .text("b")
                    .raw('h', i)
                    .ops("u");
        }
        assertThat(refusalOfLegacy(shared.end())).contains("no tensors under names");
    }

    /** A tensor class whose maker is the maker of tensor classes, a hundred thousand times over. */
    @Test
    void makersOfMakersAreHarmless() throws Exception {
        PickleBytes pickle = new PickleBytes().ops("}").text("w");
        for (int i = 0; i < 100_000; i++) {
            pickle.global("torch._tensor", "_rebuild_from_type_v2").ops("(");
            pickle.global("torch._tensor", "_rebuild_from_type_v2").ops("N(");
        }
        pickle.ops("ttR".repeat(100_000)).ops("s");
        assertThat(refusalOfLegacy(pickle.end())).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
                "{'descr': '<f4', 'fortran_order': True, 'shape': (4611686018427387904, 4), }",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
                "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }",
                "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
                "__import__('os').system('touch owned')"
            })
    void arraysThatLieAreRefused(String header) throws Exception {
        byte[] text = header.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        java.nio.ByteBuffer array = java.nio.ByteBuffer.allocate(10 + text.length + 4)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0})
                .putShort((short) text.length)
                .put(text)
                .putFloat(1);
        assertThat(refusal(PickleBytes.zip(ZipEntry.STORED, "w.npy", array.array())))
                .isNotNull();
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
    @CsvSource({
        "small_zip.pth, 6000",
        "small_legacy.pth, 6000",
        "small_protocol4.pth, 6000",
        "foreign/whole_legacy.pth, 1500",
        "foreign/odd_values.pth, 1500",
        "foreign/numpy_2.pkl, 1500",
        "foreign/numpy_5.pkl, 1500",
        "foreign/arrays.npz, 1500"
    })
    void randomDamageNeverEscapesAsAnotherException(String resource, int rounds) throws Exception {
        byte[] bytes = Files.readAllBytes(TorchFileTest.copy(resource, folder));
        List<Integer> likely = new ArrayList<>();
        for (byte each : bytes) {
            likely.add((int) each); // opcodes and names of the file itself make the most plausible damage
        }
        Random random = new Random(11);
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            byte[] altered = bytes.clone();
            for (int k = random.nextInt(3); k >= 0; k--) {
                int value = random.nextBoolean() ? likely.get(random.nextInt(likely.size())) : random.nextInt(256);
                altered[random.nextInt(altered.length)] = (byte) value;
            }
            refused += refusal(altered) == null ? 0 : 1;
        }
        assertThat(refused).isBetween(rounds / 6, rounds - 1);
    }

    /** The same of pickles alone, whose checksum in the zip file is right again: all of the damage reaches the machine. */
    @ParameterizedTest
    @ValueSource(strings = {"whole.pth", "odd_values.pth", "parameters.pth", "namespace.pth", "slots.pth", "bag.pth"})
    void damagedPicklesNeverEscapeAsAnotherException(String resource) throws Exception {
        byte[] pickle;
        try (java.util.zip.ZipFile zip = new java.util.zip.ZipFile(
                TorchFileTest.copy("foreign/" + resource, folder).toFile())) {
            ZipEntry entry = zip.stream()
                    .filter(each -> each.getName().endsWith("/data.pkl"))
                    .findFirst()
                    .orElseThrow();
            pickle = zip.getInputStream(entry).readAllBytes();
        }
        Random random = new Random(12);
        for (int round = 0; round < 1_500; round++) {
            byte[] altered = pickle.clone();
            for (int k = random.nextInt(4); k >= 0; k--) {
                int value = random.nextBoolean() ? pickle[random.nextInt(pickle.length)] : random.nextInt(256);
                altered[random.nextInt(altered.length)] = (byte) value;
            }
            refusal(PickleBytes.zip(ZipEntry.STORED, "data.pkl", altered, "data/0", new byte[72]));
        }
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> WeightsFile.read(folder.resolve("none.pth")))
                .hasMessageContaining("none.pth: cannot be read: there is no such file");
    }
}
