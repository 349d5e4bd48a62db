package dev.tandem.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as a broken disk, a broken download or an attacker leave them. */
class SafeTensorsBrokenTest {
    @TempDir
    Path folder;

    /** Headers in front of 16 bytes of data; {@code '} stands for the quote. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "                                                                        | does not start with '{'",
                "[1,2]                                                                   | does not start with '{'",
                "~ {}~                                                                     | does not start with '{'",
                "{                                                                       | not valid JSON",
                "{'a'                                                                    | not valid JSON",
                "{'a':{'dtype':'U8','shape':[16],'data_offsets':[0,16]}                  | not valid JSON",
                "{'a':{'dtype':'U8','shape':[16],'data_offsets':[0,16]}}x                | goes on behind its JSON",
                "{'a':{'dtype':'U8','shape':[16],'data_offsets':[0,16]},}                | not valid JSON",
                "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]},'a':{'dtype':'U8','shape':[8],'data_offsets':[8,16]}}"
                        + " | Duplicate field 'a'",
                "{'__metadata__':{'k':'1','k':'2'}}                                      | Duplicate field 'k'",
                "{'__metadata__':{},'__metadata__':{}}                                   | Duplicate field",
                "{'__metadata__':{'k':1}}                                                | __metadata__ 'k' is not a text",
                "{'__metadata__':[]}                                                     | __metadata__ is not a JSON object",
                "{'a':5}                                                                 | tensor 'a': its entry is not",
                "{'a':{}}                                                                | tensor 'a': its entry lacks",
                "{'a':{'dtype':'U8','data_offsets':[0,16]}}                              | tensor 'a': its entry lacks",
                "{'a':{'dtype':8,'shape':[16],'data_offsets':[0,16]}}                    | tensor 'a': dtype is not",
                "{'a':{'dtype':'F8_E5M2','shape':[16],'data_offsets':[0,16]}}"
                        + " | tensor 'a': type F8_E5M2 is not supported; supported are [F32, F16, BF16, F64, I64, I32, I16, I8, U32, U16, U8, BOOL]; convert it",
                "{'a':{'dtype':'U8','shape':16,'data_offsets':[0,16]}}                   | tensor 'a': shape is not",
                "{'a':{'dtype':'U8','shape':[-16],'data_offsets':[0,16]}}                | the negative number -16",
                "{'a':{'dtype':'U8','shape':[16.0],'data_offsets':[0,16]}}               | no 64-bit integer",
                "{'a':{'dtype':'U8','shape':[1e1],'data_offsets':[0,16]}}                | no 64-bit integer",
                "{'a':{'dtype':'U8','shape':['16'],'data_offsets':[0,16]}}               | no 64-bit integer",
                "{'a':{'dtype':'U8','shape':[[16]],'data_offsets':[0,16]}}               | no 64-bit integer",
                "{'a':{'dtype':'U8','shape':[18446744073709551632],'data_offsets':[0,16]}} | no 64-bit integer",
                "{'a':{'dtype':'U8','shape':[4294967296,4294967296,16],'data_offsets':[0,16]}} | more elements than 64 bits",
                "{'a':{'dtype':'F32','shape':[4611686018427387908],'data_offsets':[0,16]}} | more elements than 64 bits",
                "{'a':{'dtype':'F32','shape':[16],'data_offsets':[0,16]}}                | F32[16] needs 64",
                "{'a':{'dtype':'U8','shape':[15],'data_offsets':[0,16]}}                 | needs 15",
                "{'a':{'dtype':'U8','shape':[16],'data_offsets':[0,16,32]}}              | 3 numbers instead of 2",
                "{'a':{'dtype':'U8','shape':[16],'data_offsets':[-16,0]}}                | the negative number -16",
                "{'a':{'dtype':'U8','shape':[16],'data_offsets':[16,0]}}                 | end before they start",
                "{'a':{'dtype':'U8','shape':[17],'data_offsets':[0,17]}}                 | the file has only 16 bytes",
                "{'a':{'dtype':'U8','shape':[16],'data_offsets':[1,17]}}                 | behind a gap",
                "{'a':{'dtype':'U8','shape':[0],'data_offsets':[99,99]}}                 | behind a gap",
                "{'a':{'dtype':'U8','shape':[9223372036854775807],'data_offsets':[0,9223372036854775807]}}"
                        + " | the file has only 16 bytes",
                "{'a':{'dtype':'U8','shape':[15],'data_offsets':[0,15]}}                 | belongs to no tensor",
                "{}                                                                      | belongs to no tensor",
                "{'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]},'b':{'dtype':'U8','shape':[7],'data_offsets':[9,16]}}"
                        + " | tensor 'b': its data starts at offset 9, behind a gap",
                "{'b':{'dtype':'U8','shape':[9],'data_offsets':[7,16]},'a':{'dtype':'U8','shape':[8],'data_offsets':[0,8]}}"
                        + " | tensor 'b': its data starts at offset 7, inside the tensor before",
                "{'a':{'dtype':'U8','shape':[16],'data_offsets':[0,16]},'b':{'dtype':'U8','shape':[16],'data_offsets':[0,16]}}"
                        + " | inside the tensor before",
                "{'a':{'x':[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]}}                     | not valid JSON",
            })
    void aHeaderThatBreaksTheFormatIsRefused(String header, String fault) throws IOException {
        String json = header == null ? "" : header.replace('\'', '"');
        Path file = writeRaw(folder.resolve("x.safetensors"), json, new byte[16]);
        assertThatThrownBy(() -> SafeTensors.read(file))
                .isInstanceOf(BrokenFileException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(fault.replace('"', '\''));
    }

    @Test
    void invalidUnicodeIsRefused() throws IOException {
        byte[] json = "{\"__metadata__\":{\"k\":\"??\"}}".getBytes(StandardCharsets.UTF_8);
        json[21] = (byte) 0xC3; // a lead byte without its follower
        json[22] = (byte) '(';
        Path file = folder.resolve("x.safetensors");
        writeRaw(file, json, json.length, new byte[0]);
        assertThatThrownBy(() -> SafeTensors.read(file)).isInstanceOf(BrokenFileException.class);

        byte[] wide = "{\"a\":1}".getBytes(StandardCharsets.UTF_16LE);
        writeRaw(file, wide, wide.length, new byte[0]);
        assertThatThrownBy(() -> SafeTensors.read(file)).isInstanceOf(BrokenFileException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 18, 1 << 30, 100_000_001, Long.MAX_VALUE, Long.MAX_VALUE - 7, -1, Long.MIN_VALUE})
    void aHeaderLengthThatCannotBeIsRefused(long length) throws IOException {
        Path file = folder.resolve("x.safetensors");
        writeRaw(file, "{}".getBytes(StandardCharsets.UTF_8), length, new byte[15]);
        assertThatThrownBy(() -> SafeTensors.read(file))
                .isInstanceOf(BrokenFileException.class)
                .hasMessageContaining(
                        length == 3 ? "goes on behind" : "the header's length is " + Long.toUnsignedString(length));
    }

    @Test
    void aHeaderOfMoreThanAHundredMegabytesIsRefusedThoughTheFileHasIt() throws IOException {
        Path file = folder.resolve("x.safetensors");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(100_000_001)
                    .flip());
            channel.write(ByteBuffer.wrap(new byte[] {0}), 200_000_000); // sparse
        }
        assertThatThrownBy(() -> SafeTensors.read(file))
                .isInstanceOf(BrokenFileException.class)
                .hasMessageContaining("100000000 are allowed");
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] bytes = exampleBytes();
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThat(refusal(cut))
                    .as("cut to %d of %d bytes", length, bytes.length)
                    .isNotNull();
        }
        assertThat(refusal(Arrays.copyOf(bytes, bytes.length + 1))).isNotNull();
        assertThat(refusal(bytes)).isNull();
    }

    @Test
    void everyFlippedBitIsRefused() throws IOException {
        byte[] bytes = exampleBytes();
        for (int bit = 0; bit < 8 * bytes.length; bit++) {
            byte[] altered = bytes.clone();
            altered[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(refusal(altered))
                    .as("bit %d of byte %d", bit % 8, bit / 8)
                    .isNotNull();
        }
    }

    @Test
    void anAlteredByteOfDataIsFoundByTheChecksumOnly() throws IOException {
        Path file = folder.resolve("x.safetensors");
        SafeTensors.write(file, Map.of("a", HostTensor.of(new int[] {1, 2}, Shape.of(2))), Map.of());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);

        assertThatThrownBy(() -> SafeTensors.read(file)).hasMessageContaining("was altered after it was written");
        assertThat(SafeTensors.read(file, Arena.ofAuto(), SafeTensors.Integrity.SKIP)
                        .tensors())
                .containsKey("a");
    }

    /** Whatever the bytes, the reader either reads or refuses; never another exception. */
    @Test
    void randomDamageNeverEscapesAsAnotherException() throws IOException {
        String json = "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2,1],"
                + "\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[8,9]}}";
        byte[] bytes = Files.readAllBytes(writeRaw(folder.resolve("x.safetensors"), json, new byte[9]));
        Random random = new Random(7);
        String likely = "{}[]\",:0123456789-eE.\\u_ \0\u007f";
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] altered = bytes.clone();
            for (int k = random.nextInt(4); k >= 0; k--) {
                altered[random.nextInt(bytes.length)] = random.nextBoolean()
                        ? (byte) likely.charAt(random.nextInt(likely.length()))
                        : (byte) random.nextInt(256);
            }
            refused += refusal(altered) == null ? 0 : 1;
        }
        assertThat(refused).isBetween(10_000, 19_999); // most damage shows even without a checksum
    }

    private byte[] exampleBytes() throws IOException {
        Path file = folder.resolve("whole.safetensors");
        SafeTensors.write(file, SafeTensorsTest.examples(), Map.of("k", "v"));
        return Files.readAllBytes(file);
    }

    /** The message that refuses these contents, null if they are read. */
    private static String refusal(byte[] contents) throws IOException {
        try {
            SafeTensors.parse("x", MemorySegment.ofArray(contents), SafeTensors.Integrity.VERIFY);
            return null;
        } catch (BrokenFileException e) {
            assertThat(e).hasMessageStartingWith("x: ");
            return e.getMessage();
        }
    }

    static Path writeRaw(Path file, String json, byte[] data) throws IOException {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        writeRaw(file, header, header.length, data);
        return file;
    }

    private static void writeRaw(Path file, byte[] header, long length, byte[] data) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(file, bytes.putLong(length).put(header).put(data).array());
    }

    static String header(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return new String(bytes, 8, (int) length, StandardCharsets.UTF_8);
    }
}
