package dev.tandem.data.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PictureTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpeg", "bmp", "gif"})
    void readsWhatPeopleHave(String format) throws IOException {
        BufferedImage image = new BufferedImage(8, 6, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 6; y++) {
            for (int x = 0; x < 8; x++) {
                image.setRGB(x, y, 0xc80000);
            }
        }

        Picture picture = Picture.read(write(image, format));

        assertThat(picture.height()).isEqualTo(6);
        assertThat(picture.width()).isEqualTo(8);
        assertThat(picture.planes()).hasSize(3);
        // JPEG's colours are off by a few of 255.
        assertThat(picture.planes().get(0).at(3, 3)).isCloseTo(200 / 255f, within(0.03f));
        assertThat(picture.planes().get(2).at(3, 3)).isCloseTo(0, within(0.03f));
    }

    @Test
    void greyIsNotBrightened() throws IOException {
        BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(1, 0, 0, 128);

        Picture picture = Picture.read(write(image, "png"));

        assertThat(picture.planes()).hasSize(1);
        assertThat(picture.planes().get(0).at(0, 1)).isEqualTo(128 / 255f);
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpeg"})
    void truncatedFileIsRefused(String format) throws IOException {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 64 * 64; i++) {
            image.setRGB(i % 64, i / 64, i * 0x9e3779b1 >>> 8);
        }
        Path file = write(image, format);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length * 2 / 3));

        assertThatThrownBy(() -> Picture.read(file))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void transparentBecomesWhite() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0xff000000);

        Plane grey = Picture.read(write(image, "png")).grey();

        assertThat(grey.at(0, 0)).isEqualTo(0);
        assertThat(grey.at(0, 1)).isCloseTo(1, within(1e-6f));
    }

    @Test
    void textFileIsNoImage() throws IOException {
        Path file = Files.writeString(folder.resolve("notes.png"), "no image at all");

        assertThatThrownBy(() -> Picture.read(file))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("no JPEG, PNG, WebP, TIFF, BMP or GIF");
    }

    @Test
    void truncatedImageIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB), "png"));
        Path file = Files.write(folder.resolve("half.png"), Arrays.copyOf(whole, 60));

        assertThatThrownBy(() -> Picture.read(file))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("cannot be read");
    }

    /** Where the mark that is drawn at the top left must come out: (row, column) of the upright 2×3 or 3×2 image. */
    @ParameterizedTest
    @CsvSource({"1,0,0", "2,0,2", "3,1,2", "4,1,0", "5,0,0", "6,0,1", "7,2,1", "8,2,0"})
    void photosComeOutUpright(int orientation, int row, int column) throws IOException {
        BufferedImage image = new BufferedImage(3 * 8, 2 * 8, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 64; i++) {
            image.getRaster().setSample(i % 8, i / 8, 0, 255);
        }
        byte[] jpeg = Files.readAllBytes(write(image, "jpeg"));
        Path turned = Files.write(folder.resolve("turned.jpg"), withOrientation(jpeg, orientation));

        Plane plane = Picture.read(turned).grey();

        assertThat(plane.height()).isEqualTo(orientation < 5 ? 16 : 24);
        assertThat(plane.at(8 * row + 4, 8 * column + 4)).isGreaterThan(0.9f);
    }

    @Test
    void fittingCutsTheLongerSideAroundTheMiddle() {
        float[] values = new float[2 * 6];
        values[2] = 1;
        values[3] = 1;
        values[8] = 1;
        values[9] = 1;

        Picture fitted = new Picture(java.util.List.of(new Plane(2, 6, values))).fitted(2, 2);

        assertThat(fitted.planes().get(0).values()).containsOnly(1);
    }

    /** In strips of rows and in the file's orientation as it does, it must come to the same as scaling the whole and cutting. */
    @ParameterizedTest
    @CsvSource({"1", "2", "3", "4", "5", "6", "7", "8"})
    void readingAPartIsReadingScalingAndCutting(int orientation) throws IOException {
        BufferedImage image = new BufferedImage(217, 150, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 217 * 150; i++) {
            image.setRGB(i % 217, i / 217, i * 0x9e3779b1 >>> 8);
        }
        byte[] jpeg = Files.readAllBytes(write(image, "jpeg"));
        Path file = Files.write(folder.resolve("turned.jpg"), withOrientation(jpeg, orientation));

        Picture part = Picture.readCut(file, 50, Interpolation.BILINEAR, 40, 30, 0.2, 0.7);

        Picture whole = Picture.read(file);
        int height = orientation < 5 ? 50 : 72; // 217 / 150 of 50
        int width = orientation < 5 ? 72 : 50;
        int top = (int) Math.rint(0.2 * (height - 40));
        int left = (int) Math.rint(0.7 * (width - 30));
        assertThat(part.height()).isEqualTo(40);
        assertThat(part.width()).isEqualTo(30);
        for (int c = 0; c < 3; c++) {
            Plane expected = whole.planes().get(c).resized(height, width).cropped(top, left, 40, 30);
            for (int i = 0; i < 40 * 30; i++) { // other order of float sums
                assertThat(part.planes().get(c).values()[i]).isCloseTo(expected.values()[i], within(1e-5f));
            }
        }
    }

    /** Scaled as a whole it would be 256×768,000. A pixel of it is 256 wide, so the middle 224 are on the way from one to the next. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void ofALongThinPhotoOnlyThePartIsScaled(boolean lying) throws IOException {
        BufferedImage image = new BufferedImage(lying ? 3000 : 1, lying ? 1 : 3000, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 1500; i < 3000; i++) {
            image.getRaster().setSample(lying ? i : 0, lying ? 0 : i, 0, 255);
        }

        Plane part = Picture.readCut(write(image, "png"), 256, Interpolation.BILINEAR, 224, 224, 0.5, 0.5)
                .planes()
                .get(0);

        for (int i = 0; i < 224; i++) {
            float expected = 0.5f + (i + 0.5f - 112) / 256;
            assertThat(part.at(lying ? 100 : i, lying ? i : 100)).isCloseTo(expected, within(1e-5f));
        }
    }

    @ParameterizedTest
    @CsvSource({"30000, 30000", "1, 70000"})
    void absurdSizesAreRefusedByTheHeader(int height, int width) throws IOException {
        byte[] png = Files.readAllBytes(write(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB), "png"));
        ByteBuffer header = ByteBuffer.wrap(png).putInt(16, width).putInt(20, height); // IHDR begins at 12
        CRC32 sum = new CRC32();
        sum.update(png, 12, 17);
        header.putInt(29, (int) sum.getValue());
        Path file = Files.write(folder.resolve("absurd.png"), png);

        assertThatThrownBy(() -> Picture.read(file))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(String.format(Locale.ROOT, "%,d×%,d pixels", height, width));
    }

    @Test
    void shrinkingAveragesAndKeepsTheMean() {
        float[] checkers = new float[64 * 64];
        for (int i = 0; i < checkers.length; i++) {
            checkers[i] = (i / 64 + i) % 2;
        }

        Plane small = new Plane(64, 64, checkers).resized(7, 5);

        for (float value : small.values()) {
            assertThat(value).isCloseTo(0.5f, within(0.02f));
        }
    }

    private Path write(BufferedImage image, String format) throws IOException {
        Path file = folder.resolve("image." + format);
        assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
        return file;
    }

    /** A JPEG file with an EXIF block that holds nothing but the orientation. */
    private static byte[] withOrientation(byte[] jpeg, int orientation) throws IOException {
        byte[] exif = {
            (byte) 0xff,
            (byte) 0xe1,
            0,
            34,
            'E',
            'x',
            'i',
            'f',
            0,
            0, // APP1
            'M',
            'M',
            0,
            42,
            0,
            0,
            0,
            8,
            0,
            1, // TIFF, one entry
            1,
            0x12,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            (byte) orientation,
            0,
            0,
            0,
            0,
            0,
            0
        };
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        out.write(exif);
        out.write(jpeg, 2, jpeg.length - 2);
        return out.toByteArray();
    }
}
