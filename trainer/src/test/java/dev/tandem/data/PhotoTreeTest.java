package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which folders are taken for what, and what is said of the others. */
class PhotoTreeTest {
    @TempDir
    Path folder;

    private void photos(String... files) {
        for (String file : files) {
            PhotoFiles.write(folder, file, 0x336699);
        }
    }

    private ImageFolder open(Split split) {
        return (ImageFolder) Datasets.open(folder, split);
    }

    @ParameterizedTest
    @ValueSource(strings = {"val", "valid", "validation", "Val", "VALID"})
    void imagesToValidateOnHaveSeveralNames(String name) {
        photos("train/a/1.png", "train/b/1.png", name + "/a/1.png", "test/b/1.png", "test/b/2.png");

        assertThat(open(Split.VALIDATION).size()).isEqualTo(1);
        assertThat(open(Split.VALIDATION).isValidation()).isTrue();
        assertThat(open(Split.VALIDATION).testBeside()).contains(folder.resolve("test"));
        assertThat(open(Split.TEST).size()).isEqualTo(2);
        assertThat(open(Split.TEST).isValidation()).isFalse();
    }

    @Test
    void withoutATestFolderTestImagesAreThoseToValidateOn() {
        photos("Train/a/1.png", "Train/b/1.png", "Val/a/1.png");

        assertThat(open(Split.TEST).isValidation()).isTrue();
        assertThat(open(Split.TRAIN).size()).isEqualTo(2);
        assertThatThrownBy(() -> Datasets.mnist(Split.VALIDATION)).isInstanceOf(NoDataException.class);
    }

    @Test
    void withATestFolderAloneThereIsNothingToValidateOn() {
        photos("train/a/1.png", "train/b/1.png", "test/a/1.png");

        assertThatThrownBy(() -> open(Split.VALIDATION))
                .isInstanceOf(NoDataException.class)
                .hasMessageContaining("val/<class>/, valid/<class>/ or validation/<class>/");
    }

    @Test
    void twoFoldersToValidateOnAreRefused() throws IOException {
        photos("train/a/1.png", "val/a/1.png");
        Files.createSymbolicLink(folder.resolve("valid"), folder.resolve("val"));
        assertThat(open(Split.VALIDATION).size()).isEqualTo(1);

        photos("validation/a/1.png");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(Split.TRAIN))
                .withMessageContaining("all hold photos to validate on")
                .withMessageContaining("validation");
    }

    @Test
    void aFolderOfPhotosIsAClassWhateverItIsCalled() {
        photos("bus/1.png", "car/1.png", "train/1.png", "test/1.png", "val/1.png");

        assertThat(open(Split.TRAIN).classNames()).containsExactly("bus", "car", "test", "train", "val");
        assertThat(open(Split.TRAIN).remarks()).anyMatch(each -> each.contains("train: it is taken for a class"));
        assertThatThrownBy(() -> open(Split.TEST)).isInstanceOf(NoDataException.class);
    }

    @Test
    void aClassCalledTrainMayLieInAFolderCalledTrain() {
        photos("train/bus/1.png", "train/train/1.png", "val/train/1.png", "val/bus/1.png");

        assertThat(open(Split.TRAIN).classNames()).containsExactly("bus", "train");
        assertThat(open(Split.VALIDATION).label(1)).isEqualTo(1);
    }

    @Test
    void classesMayLieBesideAFolderToValidateOn() {
        photos("bus/1.png", "train/1.png", "val/bus/1.png", "val/train/1.png");

        assertThat(open(Split.TRAIN).classNames()).containsExactly("bus", "train");
        assertThat(open(Split.VALIDATION).size()).isEqualTo(2);
    }

    @Test
    void photosAndFoldersOfPhotosInOneFolderAreRefusedBesideClasses() {
        photos("bus/1.png", "train/1.png", "train/fast/1.png");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(Split.TRAIN))
                .withMessageContaining("it holds photos, as a class does, and folders of photos");
    }

    @Test
    void whatIsNotUsedIsSaidInALineAKind() throws IOException {
        photos("train/a/1.png", "train/b/1.png", "train/loose.png", "train/a/deeper/1.png");
        for (int i = 0; i < 9; i++) {
            Files.writeString(folder.resolve("train/a/" + i + ".avif"), "    ftypavif");
        }
        Files.writeString(folder.resolve("train/b/1.heic"), "    ftypheic");
        Files.writeString(folder.resolve("train/b/notes.txt"), "x");
        Files.writeString(folder.resolve("train/b/labels.csv"), "x");
        for (String hidden : List.of(".DS_Store", "Thumbs.db", "._1.jpg", "desktop.ini")) {
            Files.writeString(folder.resolve("train/b").resolve(hidden), "x");
        }
        Files.createDirectories(folder.resolve("train/__MACOSX"));
        Files.createDirectories(folder.resolve("train/.git"));

        assertThat(open(Split.TRAIN).remarks())
                .containsExactly(
                        "photos " + folder.resolve("train")
                                + ": 9 of 10 photos of class a end in .avif, which is not read; convert them to JPEG or PNG",
                        "photos " + folder.resolve("train")
                                + ": 1 of 2 photos of class b end in .heic, which is not read; convert them to JPEG or PNG",
                        "photos " + folder.resolve("train") + ": passed over, since they are no images: 1 .csv, 1 .txt",
                        "photos " + folder.resolve("train")
                                + ": folders within those of classes are not looked into: a/deeper",
                        "photos " + folder.resolve("train")
                                + ": 1 in it belong to no class and are not used; they want a folder of their class");
    }

    @Test
    void foldersThatLieBesideThePartsAreNamed() {
        photos("train/a/1.png", "train/b/1.png", "val/a/1.png", "originals/1.png", "test/1.png", "dev/a/1.png");

        assertThat(open(Split.TRAIN).remarks())
                .containsExactly("photos " + folder + ": not used, since they lie beside train: dev, originals, test");
    }

    @Test
    void aClassOfWhichNothingIsReadIsNamed() throws IOException {
        photos("a/1.png");
        Files.createDirectories(folder.resolve("b"));
        Files.writeString(folder.resolve("b/1.avif"), "    ftypavif");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(Split.TRAIN))
                .withMessageContaining(folder.resolve("b").toString())
                .withMessageContaining("only 1 .avif")
                .withMessageContaining("convert them");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"1.jpg", "1.JPG", "1.jpe", "1.jfif", "1.webp", "1.tif", "1.TIFF", "1.avif", "1", "1.jpg_large"})
    void photosAreKnownByTheirContents(String name) {
        PhotoFiles.writeAs(folder.resolve("a").resolve(name), "jpg", 0);
        photos("b/1.png");

        ImageFolder photos = open(Split.TRAIN);

        assertThat(photos.size()).isEqualTo(2);
        assertThat(photos.remarks()).isEmpty();
        photos.check(0);
    }

    /** As an archive from elsewhere leaves them: bytes that are no UTF-8, which become question marks in a String. */
    @Test
    void namesOfAnyBytesAreReadAsTheyAre() {
        for (String bytes : List.of(
                "caf%E9/%FF.png", "caf%E8/1.png", "a%0Ab/-1%20%F0%9F%90%88.png", "x/" + "n".repeat(251) + ".png")) {
            PhotoFiles.writeAs(Path.of(URI.create("file://" + folder + "/train/" + bytes)), "png", 0);
        }

        ImageFolder photos = open(Split.TRAIN);

        assertThat(photos.classNames()).containsExactly("a\\x0ab", "caf\\xe8", "caf\\xe9", "x");
        for (int i = 0; i < photos.size(); i++) {
            photos.check(i);
            ImageFolder.read(photos.file(i), 8, Resize.usual(8), Crop.CENTRE);
        }
        assertThat(photos.fingerprint(2)).startsWith("caf\\xe9/\\xff.png ");
    }

    @Test
    void accentsThatAreCodedInTwoWaysAreOneName() {
        photos("train/cafe\u0301/1.png", "train/b/1.png", "val/caf\u00e9/1.png");

        assertThat(open(Split.VALIDATION).label(0)).isEqualTo(1);
        assertThat(open(Split.TRAIN).labelledAs(List.of("cafe\u0301", "b")).label(1))
                .isZero();

        photos("train/caf\u00e9/1.png");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(Split.TRAIN))
                .withMessageContaining("two folders are called");
    }
}
