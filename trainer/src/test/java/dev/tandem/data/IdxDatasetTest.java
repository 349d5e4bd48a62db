package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.io.BrokenFileException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdxDatasetTest {
    private static final String IMAGES = "train-images-idx3-ubyte";
    private static final String LABELS = "train-labels-idx1-ubyte";
    private static final byte[] PIXELS = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, (byte) 255};

    @TempDir
    Path folder;

    /** Two images of 2×3. */
    @BeforeEach
    void writeAGoodPair() throws IOException {
        write(IMAGES, idx(0x803, new int[] {2, 2, 3}, PIXELS));
        write(LABELS, idx(0x801, new int[] {2}, 7, 3));
    }

    @Test
    void readsImagesAndLabels() {
        ImageDataset dataset = open();

        assertThat(dataset.size()).isEqualTo(2);
        assertThat(dataset.channels()).isEqualTo(1);
        assertThat(dataset.height()).isEqualTo(2);
        assertThat(dataset.width()).isEqualTo(3);
        assertThat(dataset.classNames()).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        assertThat(dataset.label(0)).isEqualTo(7);
        assertThat(dataset.label(1)).isEqualTo(3);
        assertThat(image(dataset, 0)).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(image(dataset, 1)).containsExactly(6, 7, 8, 9, 10, 255);
    }

    @Test
    void readsGzippedFiles() throws IOException {
        gzip(IMAGES);
        gzip(LABELS);
        assertThat(image(open(), 1)).containsExactly(6, 7, 8, 9, 10, 255);
    }

    @Test
    void pixelsGoToTheirOffset() {
        byte[] target = new byte[8];
        open().copyPixels(1, MemorySegment.ofArray(target), 2);
        assertThat(target).containsExactly(0, 0, 6, 7, 8, 9, 10, 255);
    }

    @Test
    void aWrongMagicNumberIsRefused() throws IOException {
        write(IMAGES, idx(0x801, new int[] {2, 2, 3}, PIXELS));
        assertBroken(IMAGES, "byte 0: the magic number is 0x00000801, an IDX file of images starts with 0x00000803");
        writeAGoodPair();
        write(LABELS, idx(0x803, new int[] {2}, 7, 3));
        assertBroken(LABELS, "byte 0: the magic number is 0x00000803, an IDX file of labels starts with 0x00000801");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 4, 7, 15, 16, 27})
    void everyTruncationIsRefused(int length) throws IOException {
        write(IMAGES, Arrays.copyOf(idx(0x803, new int[] {2, 2, 3}, PIXELS), length));
        assertBroken(IMAGES, "byte " + length + ": the file ends");
    }

    @Test
    void trailingBytesAreRefused() throws IOException {
        write(IMAGES, Arrays.copyOf(idx(0x803, new int[] {2, 2, 3}, PIXELS), 29));
        assertBroken(IMAGES, "byte 28: the file goes on, the sizes in its header [2, 2, 3] end here");
    }

    @Test
    void aTruncatedGzipStreamIsRefused() throws IOException {
        gzip(IMAGES);
        byte[] packed = Files.readAllBytes(folder.resolve(IMAGES + ".gz"));
        for (int length = 0; length < packed.length; length++) {
            write(IMAGES + ".gz", Arrays.copyOf(packed, length));
            assertBroken(IMAGES + ".gz", "truncated");
        }
    }

    @Test
    void anAlteredGzipStreamIsRefused() throws IOException {
        gzip(IMAGES);
        byte[] packed = Files.readAllBytes(folder.resolve(IMAGES + ".gz"));
        packed[packed.length - 5] ^= 1; // its checksum
        write(IMAGES + ".gz", packed);
        assertBroken(IMAGES + ".gz", "its gzip stream is damaged");
        Files.write(folder.resolve(IMAGES + ".gz"), new byte[] {'<', 'h', 't', 'm', 'l', '>', 0, 0, 0, 0, 0, 0});
        assertBroken(IMAGES + ".gz", "its gzip stream is damaged (Not in GZIP format)");
    }

    @Test
    void sizesThatCannotBeAreRefusedBeforeMemoryIsAllocated() throws IOException {
        write(IMAGES, idx(0x803, new int[] {Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE}));
        assertBroken(
                IMAGES, "byte 4: the sizes in its header [2147483647, 2147483647, 2147483647] are negative or more");
        write(IMAGES, idx(0x803, new int[] {1 << 16, 1 << 16, 1}));
        assertBroken(IMAGES, "byte 8: the sizes in its header [65536, 65536, 1] are negative or more than 2 GiB");
        write(IMAGES, idx(0x803, new int[] {-1, -1, 1}));
        assertBroken(IMAGES, "byte 4: the sizes in its header [-1, -1, 1] are negative");
        write(IMAGES, idx(0x803, new int[] {60_000, 1000, 35}));
        assertBroken(IMAGES, "byte 16: the file ends, 2100000000 more bytes were expected");
    }

    @Test
    void aLabelOutsideTheClassesIsRefused() throws IOException {
        write(LABELS, idx(0x801, new int[] {2}, 9, 10));
        assertBroken(LABELS, "byte 9: label 10 of image 1 is outside the classes 0 to 9");
        write(LABELS, idx(0x801, new int[] {2}, 255, 0));
        assertBroken(LABELS, "byte 8: label 255 of image 0 is outside");
    }

    @Test
    void differentCountsAreRefused() throws IOException {
        write(LABELS, idx(0x801, new int[] {3}, 1, 2, 3));
        assertBroken(IMAGES, "byte 4: it has 2 images, " + folder.resolve(LABELS) + " has 3 labels");
    }

    @Test
    void zeroImagesAreRefused() throws IOException {
        write(LABELS, idx(0x801, new int[] {0}));
        write(IMAGES, idx(0x803, new int[] {0, 28, 28}));
        assertBroken(IMAGES, "byte 4: it has 0 images of 28×28 pixels");
        write(LABELS, idx(0x801, new int[] {1}, 1));
        write(IMAGES, idx(0x803, new int[] {1, 0, 28}));
        assertBroken(IMAGES, "byte 4: it has 1 images of 0×28 pixels");
    }

    @Test
    void oneFileWithoutTheOtherIsNamed() throws IOException {
        Files.delete(folder.resolve(LABELS));
        assertThatThrownBy(this::open)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("data folder " + folder + ": " + IMAGES + " is there, " + LABELS
                        + " (or with .gz) is missing; put both in");
    }

    private ImageDataset open() {
        return Datasets.open(folder, Split.TRAIN);
    }

    private void assertBroken(String file, String fault) {
        assertThatThrownBy(this::open)
                .isInstanceOf(BrokenFileException.class)
                .hasMessageStartingWith(folder.resolve(file) + ": ")
                .hasMessageContaining(fault);
    }

    private void write(String name, byte[] contents) throws IOException {
        Files.write(folder.resolve(name), contents);
    }

    private void gzip(String name) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(Files.readAllBytes(folder.resolve(name)));
        }
        write(name + ".gz", packed.toByteArray());
        Files.delete(folder.resolve(name));
    }

    private static byte[] idx(int magic, int[] sizes, int... data) {
        byte[] bytes = new byte[data.length];
        for (int i = 0; i < data.length; i++) {
            bytes[i] = (byte) data[i];
        }
        return idx(magic, sizes, bytes);
    }

    private static byte[] idx(int magic, int[] sizes, byte[] data) {
        ByteBuffer bytes =
                ByteBuffer.allocate(4 + 4 * sizes.length + data.length).putInt(magic);
        Arrays.stream(sizes).forEach(bytes::putInt);
        return bytes.put(data).array();
    }

    static List<Integer> image(ImageDataset dataset, int index) {
        byte[] pixels = new byte[dataset.imageBytes()];
        dataset.copyPixels(index, MemorySegment.ofArray(pixels), 0);
        return IntStream.range(0, pixels.length).mapToObj(i -> pixels[i] & 0xff).toList();
    }
}
