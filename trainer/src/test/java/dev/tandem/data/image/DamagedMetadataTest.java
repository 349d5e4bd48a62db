package dev.tandem.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever stands beside the pixels of a photo, the pixels are read if they are whole. */
class DamagedMetadataTest {
    private static final int HEADER = 33; // bytes of a PNG file before its second chunk
    private static final int JFIF = 20; // bytes of a JPEG file up to the end of its JFIF header

    @TempDir
    Path folder;

    private static BufferedImage image() {
        BufferedImage image = new BufferedImage(40, 24, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 40 * 24; i++) {
            image.setRGB(i % 40, i / 40, i % 40 * 6 << 16 | i / 40 * 10 << 8 | 90);
        }
        return image;
    }

    private static byte[] written(BufferedImage image, String format) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            assertThat(ImageIO.write(image, format, out)).isTrue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private Picture read(byte[]... parts) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Arrays.stream(parts).forEach(all::writeBytes);
        return Picture.read(Files.write(folder.resolve("photo"), all.toByteArray()));
    }

    private static byte[] chunk(String kind, String contents, int error) {
        byte[] body = (kind + contents).getBytes(StandardCharsets.ISO_8859_1);
        CRC32 sum = new CRC32();
        sum.update(body);
        return ByteBuffer.allocate(body.length + 8)
                .putInt(contents.length())
                .put(body)
                .putInt((int) sum.getValue() ^ error)
                .array();
    }

    private static byte[] first(byte[] bytes, int count) {
        return Arrays.copyOf(bytes, count);
    }

    private static byte[] from(byte[] bytes, int start) {
        return Arrays.copyOfRange(bytes, start, bytes.length);
    }

    @ParameterizedTest
    @CsvSource({
        "tEXt, NoNullHere",
        "iTXt, CommentA1A0enAkAnotzlib",
        "zTXt, CommentAAgarbage",
        "tIME, x",
        "sBIT, xx",
        "hIST, xxxxxx",
        "iCCP, xAAgarbage",
        "gAMA, x",
        "cHRM, x",
        "pHYs, x",
        "eXIf, x",
        "acTL, x",
        "fcTL, x",
        "sPLT, x",
        "bKGD, x",
        "tRNS, x",
        "PLTE, xx",
        "zzZz, x"
    })
    void pngWithADamagedChunkBesideItsPixelsIsRead(String kind, String contents) throws IOException {
        byte[] png = written(image(), "png");

        Picture picture = read(
                first(png, HEADER),
                chunk(kind, contents.replace('A', '\0'), 0),
                chunk(kind, contents, 1), // with a wrong checksum
                from(png, HEADER));

        assertSameBytes(picture, read(png));
    }

    private static void assertSameBytes(Picture picture, Picture expected) {
        assertThat(picture.toBytes()).isEqualTo(expected.toBytes());
    }

    @Test
    void pngThatEndsWithItsPixelsIsRead() throws IOException {
        byte[] png = written(image(), "png");

        assertSameBytes(read(first(png, png.length - 12)), read(png));
        assertSameBytes(read(first(png, png.length - 14)), read(png));
        assertSameBytes(read(png, "junk".getBytes(StandardCharsets.UTF_8)), read(png));
        assertSameBytes(
                read(first(png, png.length - 12), new byte[] {0, 0, 0, 99, 't', 'E', 'X', 't', 'k'}), read(png));
    }

    @Test
    void pngWhosePixelsAreCutIsRefusedWhereverThatIs() throws IOException {
        byte[] png = written(image(), "png");

        for (int length = HEADER + 8; length < png.length - 20; length += 7) {
            byte[] cut = first(png, length);
            assertThatThrownBy(() -> read(cut)).as("cut at %d", length).isInstanceOf(ImageException.class);
        }
    }

    /** The checksum of a chunk may be wrong where that of the pixels in it is right. */
    @Test
    void pixelsThemselvesSayWhetherTheyAreWhole() throws IOException {
        byte[] png = written(image(), "png");
        byte[] sum = png.clone();
        sum[png.length - 13] ^= 1;
        byte[] pixel = png.clone();
        pixel[HEADER + 60] ^= 1;

        assertSameBytes(read(sum), read(png));
        assertThatThrownBy(() -> read(pixel)).isInstanceOf(ImageException.class).hasMessageContaining("pixels");
    }

    @Test
    void transparencyThatFitsStillCounts() throws IOException {
        BufferedImage palette = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_INDEXED);
        palette.setRGB(0, 0, 0xff000000);
        byte[] png = written(palette, "png");
        int end = new String(png, StandardCharsets.ISO_8859_1).indexOf("IDAT") - 4;

        Plane plane = read(first(png, end), chunk("tRNS", "\0".repeat(256), 0), from(png, end))
                .grey();

        assertThat(plane.at(0, 0)).isEqualTo(1);
    }

    private static byte[] segment(int marker, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(bytes.length + 4)
                .put((byte) 0xff)
                .put((byte) marker)
                .putShort((short) (bytes.length + 2))
                .put(bytes)
                .array();
    }

    @ParameterizedTest
    @CsvSource({
        "e2, ICC_PROFILE012xxxxxxxx", // part 1 of 2
        "e2, ICC_PROFILE011xxxxxxxx",
        "e2, ICC_PROFILE0",
        "e1, Exif00MM0*0008xx",
        "e1, Exif",
        "e0, JFIF01",
        "e0, JFIF09970000000",
        "e0, JFIF01100101PP",
        "e0, JFXX0xgarbage",
        "ed, Photoshop 3.00garbage",
        "ee, Adobe",
        "ee, Adobe0d000000", // RGB, but JFIF says YCbCr
        "fe, x"
    })
    void jpegWithADamagedSegmentBesideItsPixelsIsRead(String marker, String body) throws IOException {
        byte[] jpeg = written(image(), "jpeg");
        byte[] damaged = segment(Integer.parseInt(marker, 16), body.replaceAll("[0-9]", "\0"));
        byte[] parts = segment(
                Integer.parseInt(marker, 16),
                body.replace("0", "\0").replace("1", "\1").replace("2", "\2"));

        assertSameBytes(read(first(jpeg, JFIF), damaged, from(jpeg, JFIF)), read(jpeg));
        assertSameBytes(read(first(jpeg, JFIF), parts, parts, from(jpeg, JFIF)), read(jpeg));
        assertSameBytes(read(first(jpeg, 2), damaged, from(jpeg, 2)), read(jpeg));
    }

    @Test
    void jpegWithAWrongLengthOrJunkBetweenSegmentsIsRead() throws IOException {
        byte[] jpeg = written(image(), "jpeg");

        for (String junk : List.of("\u00ff\u00fe\0\0", "\u00ff\u00ff\u00ff", "abc\0")) {
            byte[] between = junk.getBytes(StandardCharsets.ISO_8859_1);
            assertSameBytes(read(first(jpeg, JFIF), between, from(jpeg, JFIF)), read(jpeg));
        }
        assertSameBytes(read(jpeg, new byte[500]), read(jpeg));
    }

    /** Cameras leave JFIF's header out: without it, and EXIF left out too, Java took such photos for RGB. */
    @Test
    void jpegThatEndsWithItsPixelsIsRead() throws IOException {
        byte[] whole = written(image(), "jpeg");
        Picture expected = read(whole);

        assertSameBytes(read(Arrays.copyOf(whole, whole.length - 2)), expected);
        assertSameBytes(read(Arrays.copyOf(whole, whole.length - 1)), expected);
        for (int cut = 3; cut < 40; cut++) {
            byte[] bytes = Arrays.copyOf(whole, whole.length - cut);
            assertThatThrownBy(() -> read(bytes))
                    .as(cut + " bytes cut off")
                    .isInstanceOf(ImageException.class)
                    .hasMessageContaining("the file ends within its pixels");
        }
    }

    @Test
    void numbersOfAJpegAreYcbcrUnlessItSaysOtherwise() throws IOException {
        byte[] jpeg = withoutSubsampling(image());
        int header = new String(jpeg, StandardCharsets.ISO_8859_1).indexOf("JFIF") < 0 ? 2 : JFIF;

        Picture bare = read(first(jpeg, 2), from(jpeg, header));
        Picture camera = read(first(jpeg, 2), segment(0xe1, "Exif\0\0garbage"), from(jpeg, header));

        assertSameBytes(bare, read(jpeg));
        assertSameBytes(camera, read(jpeg));
        assertThat(bare.planes().get(2).at(10, 10)).isCloseTo(90 / 255f, within(0.05f));
    }

    private static byte[] withoutSubsampling(BufferedImage image) throws IOException {
        byte[] jpeg = written(image, "jpeg");
        int frame = indexOf(jpeg, (byte) 0xff, (byte) 0xc0);
        assertThat(jpeg[frame + 11])
                .as("Java's writer takes every second chroma")
                .isEqualTo((byte) 0x22);
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
            writer.setOutput(stream);
            ImageWriteParam how = writer.getDefaultWriteParam();
            javax.imageio.metadata.IIOMetadata metadata =
                    writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image), how);
            org.w3c.dom.Node root = metadata.getAsTree("javax_imageio_jpeg_image_1.0");
            org.w3c.dom.Element first = (org.w3c.dom.Element) ((org.w3c.dom.Element) root)
                    .getElementsByTagName("componentSpec")
                    .item(0);
            first.setAttribute("HsamplingFactor", "1");
            first.setAttribute("VsamplingFactor", "1");
            metadata.setFromTree("javax_imageio_jpeg_image_1.0", root);
            writer.write(null, new javax.imageio.IIOImage(image, null, metadata), how);
        } finally {
            writer.dispose();
        }
        return out.toByteArray();
    }

    private static int indexOf(byte[] bytes, byte first, byte second) {
        for (int i = 0; i < bytes.length - 1; i++) {
            if (bytes[i] == first && bytes[i + 1] == second) {
                return i;
            }
        }
        throw new AssertionError("not there");
    }

    @Test
    void aColourProfileOfWhichAPartIsMissingIsNoReasonToRefuseAPhoto() {
        assertThat(Picture.read(resource("profile-of-two-parts.jpg")).height()).isEqualTo(48);
    }

    @Test
    void contentsTellTheKindWhateverTheFileIsCalled() throws IOException {
        assertThat(Picture.read(resource("webp-named.jpg")).height()).isEqualTo(48);
        Path png = Files.write(folder.resolve("photo.jpg"), written(image(), "png"));
        assertThat(Picture.read(png).width()).isEqualTo(40);
    }

    private static Path resource(String name) {
        return Path.of("src/test/resources/dev/tandem/data/image", name);
    }

    @Test
    void webpIsReadWithoutAColourProfileThatIsDamaged() throws IOException {
        byte[] webp = Files.readAllBytes(resource("webp-named.jpg"));
        byte[] extended =
                "VP8X\n\0\0\0\u0020\0\0\0\u003f\0\0\u002f\0\0ICCP\4\0\0\0oops".getBytes(StandardCharsets.ISO_8859_1);
        byte[] start = first(webp, 12);
        ByteBuffer.wrap(start).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(4, webp.length + extended.length - 8);

        assertSameBytes(read(start, extended, from(webp, 12)), read(webp));
        assertThatThrownBy(() -> read(first(webp, webp.length - 9)))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("it has " + (webp.length - 9) + " of its " + webp.length + " bytes");
    }

    @ParameterizedTest
    @ValueSource(ints = {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY})
    void tiffIsReadAsPngIs(int type) throws IOException {
        BufferedImage image = new BufferedImage(40, 24, type);
        image.createGraphics().drawImage(image(), 0, 0, null);

        assertSameBytes(read(written(image, "tiff")), read(written(image, "png")));
    }

    /** Of each colour a quarter of the ink, and no black; Java's own conversion gives a brighter 225. */
    @Test
    void inksAreMixedAsPillowMixesThem() throws IOException {
        byte[] tiff = cmykTiff(64, 0);

        assertThat(read(tiff).toBytes()).containsOnly((byte) 191);
        assertThat(read(cmykTiff(0, 128)).toBytes()).containsOnly((byte) 127);
    }

    /** A TIFF file of one pixel. */
    private static byte[] cmykTiff(int ink, int black) {
        ByteBuffer tiff = ByteBuffer.allocate(8 + 4 + 8 + 2 + 10 * 12 + 4);
        tiff.put(new byte[] {'M', 'M', 0, 42}).putInt(20);
        tiff.put(new byte[] {(byte) ink, (byte) ink, (byte) ink, (byte) black});
        tiff.putShort((short) 8).putShort((short) 8).putShort((short) 8).putShort((short) 8);
        tiff.putShort((short) 10);
        int[][] entries = {
            {256, 3, 1, 1 << 16}, {257, 3, 1, 1 << 16}, {258, 3, 4, 12}, {259, 3, 1, 1 << 16}, {262, 3, 1, 5 << 16},
            {273, 4, 1, 8}, {277, 3, 1, 4 << 16}, {278, 3, 1, 1 << 16}, {279, 4, 1, 4}, {284, 3, 1, 1 << 16}
        };
        for (int[] entry : entries) {
            tiff.putShort((short) entry[0])
                    .putShort((short) entry[1])
                    .putInt(entry[2])
                    .putInt(entry[3]);
        }
        return tiff.array();
    }

    @ParameterizedTest
    @CsvSource({
        "'\0\0\0\0', no JPEG",
        "'    ftypavif', of AVIF kind",
        "'    ftypheic', of HEIF",
        "'8BPS', of Photoshop's kind"
    })
    void whatIsNotReadIsNamed(String start, String message) {
        byte[] bytes = Arrays.copyOf(start.getBytes(StandardCharsets.ISO_8859_1), 200);

        assertThatThrownBy(() -> read(bytes)).isInstanceOf(ImageException.class).hasMessageContaining(message);
    }

    @Test
    void anEmptyFileIsSaidToBeEmpty() {
        assertThatThrownBy(() -> read(new byte[0]))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("it is empty");
    }

    /** A library must not change how the program that it is in reads images. */
    @Test
    void readingLeavesImageIosSettingsAlone() throws IOException {
        boolean before = ImageIO.getUseCache();
        try {
            ImageIO.setUseCache(true);
            read(written(image(), "png"));
            assertThat(ImageIO.getUseCache()).isTrue();
        } finally {
            ImageIO.setUseCache(before);
        }
    }
}
