package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.data.image.ImageException;
import dev.tandem.data.image.Interpolation;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
    @TempDir
    Path folder;

    /** @param colour of (row, column), as 0xRRGGBB */
    private Path write(String file, int height, int width, IntBinaryOperator colour) {
        Path path = folder.resolve(file);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, colour.applyAsInt(y, x));
            }
        }
        try {
            Files.createDirectories(path.getParent());
            ImageIO.write(image, file.substring(file.lastIndexOf('.') + 1), path.toFile());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return path;
    }

    private Path write(String file, int height, int width) {
        return write(file, height, width, (y, x) -> (y * 7919 + x * 104729) * 0x9e3779b1 >>> 8);
    }

    private void writeSplits() {
        for (String photo : List.of("train/cat/b.png", "train/cat/a.jpg", "train/dog/1.png", "val/dog/2.png")) {
            write(photo, 30, 40);
        }
    }

    private static byte[] pixels(ImageDataset dataset, int index, Crop crop) {
        byte[] bytes = new byte[dataset.imageBytes()];
        dataset.copyPixels(index, crop, MemorySegment.ofArray(bytes), 0);
        return bytes;
    }

    @Test
    void classesAndFilesAreInTheOrderOfTheirNames() {
        writeSplits();

        ImageFolder train = (ImageFolder) Datasets.open(folder, Split.TRAIN);

        assertThat(train.classNames()).containsExactly("cat", "dog");
        assertThat(IntStream.range(0, train.size())
                        .mapToObj(i -> folder.relativize(train.file(i)).toString()))
                .containsExactly("train/cat/a.jpg", "train/cat/b.png", "train/dog/1.png");
        assertThat(IntStream.range(0, 3).map(train::label)).containsExactly(0, 0, 1);
        assertThat(train.channels()).isEqualTo(3);
        assertThat(train.height()).isEqualTo(224);
    }

    /** Numbering val's own folders would call every dog a cat. */
    @Test
    void validationHasTheClassesOfTraining() {
        writeSplits();

        ImageDataset test = Datasets.open(folder, Split.TEST);

        assertThat(test.classNames()).containsExactly("cat", "dog");
        assertThat(test.label(0)).isEqualTo(1);
        assertThat(((ImageFolder) test).labelledAs(List.of("dog", "cat", "owl")).label(0))
                .isZero();
        assertThat(((ImageFolder) test).labelledAs(List.of("0", "1")).label(0)).isEqualTo(1);
    }

    /** Positions would call a crimson photo blue or green, and give a wrong accuracy. */
    @Test
    void aFolderThatIsNoneOfTheNetworksClassesIsRefused() {
        write("val/blue/1.png", 8, 8);
        write("val/crimson/1.png", 8, 8);
        ImageFolder photos = (ImageFolder) Datasets.open(folder, Split.TEST);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> photos.labelledAs(List.of("blue", "green")))
                .withMessageContaining(folder.resolve("val/crimson").toString())
                .withMessageContaining("there is no class crimson: the network knows blue, green");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> photos.labelledAs(List.of("0", "1", "2")))
                .withMessageContaining("only 3 numbers, and there are 2 folders");
    }

    /** By order, folder 3 would be taken for class 2. */
    @Test
    void foldersThatAreCalledByNumbersAreClassesByName() {
        for (String name : List.of("2", "3", "4")) {
            write(name + "/1.png", 8, 8);
        }
        ImageFolder photos = (ImageFolder) Datasets.open(folder, Split.TRAIN);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> photos.labelledAs(List.of("1", "2", "3")))
                .withMessageContaining(folder.resolve("4").toString())
                .withMessageContaining("there is no class 4: the network knows 1, 2, 3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> photos.labelledAs(List.of("0", "1", "2")))
                .withMessageContaining("there is no class 3: the network knows 0, 1, 2");
        assertThat(photos.labelledAs(List.of("4", "2", "3", "1")).label(2)).isZero();
    }

    @Test
    void foldersOfNumbersAreTheClassesOfPublishedWeightsByNumber() {
        write("0003/1.png", 8, 8);
        write("1/1.png", 8, 8);
        ImageFolder photos = (ImageFolder) Datasets.open(folder, Split.TRAIN);

        ImageFolder labelled = photos.labelledAs(List.of("0", "1", "2", "3"));

        assertThat(IntStream.range(0, 2).map(labelled::label)).containsExactly(3, 1);
    }

    @Test
    void takingFoldersByOrderIsSaid() {
        write("cat/1.png", 8, 8);
        write("dog/1.png", 8, 8);

        ImageFolder labelled = ((ImageFolder) Datasets.open(folder, Split.TRAIN)).labelledAs(List.of("0", "1"));

        assertThat(labelled.label(1)).isEqualTo(1);
        assertThat(labelled.remarks())
                .anyMatch(each -> each.contains("just numbers") && each.contains("from 0 for cat to 1 for dog"));
    }

    @Test
    void capitalLettersMakeAnotherNameAndThatIsSaid() {
        write("Cat/1.png", 8, 8);
        ImageFolder photos = (ImageFolder) Datasets.open(folder, Split.TRAIN);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> photos.labelledAs(List.of("cat", "dog")))
                .withMessageContaining(
                        "there is no class Cat: the network knows cat, dog (of cat capital letters differ");
    }

    @Test
    void foldersOfClassesAloneAreATrainingSet() {
        write("cat/a.png", 8, 8);
        write("dog/a.JPEG", 8, 8);

        assertThat(Datasets.open(folder, Split.TRAIN).classNames()).containsExactly("cat", "dog");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(folder, Split.TEST))
                .withMessageContaining("val/<class>/");
    }

    @Test
    void otherFilesAreNoPhotos() throws IOException {
        writeSplits();
        Files.writeString(folder.resolve("train/cat/notes.txt"), "not an image");
        Files.writeString(folder.resolve("train/cat/.hidden.jpg"), "left by a file manager");
        Files.writeString(folder.resolve("train/labels.csv"), "a,b");

        assertThat(Datasets.open(folder, Split.TRAIN).size()).isEqualTo(3);
    }

    @Test
    void aClassWithoutPhotosIsRefused() throws IOException {
        writeSplits();
        Path empty = Files.createDirectories(folder.resolve("train/owl"));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(folder, Split.TRAIN))
                .withMessageContaining(empty.toString())
                .withMessageContaining("there are none");
    }

    @Test
    void aClassThatIsNotTrainedIsRefused() {
        writeSplits();
        write("val/cats/1.png", 8, 8);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Datasets.open(folder, Split.TEST))
                .withMessageContaining("cats")
                .withMessageContaining("cat, dog");
    }

    /** 512×1024 becomes 256×512, of which columns 144 to 368 are cut: the edge at 256 comes to 112. */
    @Test
    void photosAreScaledTo256AndCutTo224AroundTheMiddle() {
        write("a/1.png", 512, 1024, (y, x) -> x < 512 ? 0x000000 : 0xff8000);

        byte[] pixels = pixels(Datasets.open(folder, Split.TRAIN), 0, Crop.CENTRE);

        assertThat(pixels).hasSize(224 * 224 * 3);
        for (int y = 0; y < 224; y += 37) {
            assertThat(Arrays.copyOfRange(pixels, (y * 224 + 110) * 3, (y * 224 + 110) * 3 + 3))
                    .containsExactly(0, 0, 0);
            assertThat(Arrays.copyOfRange(pixels, (y * 224 + 114) * 3, (y * 224 + 114) * 3 + 3))
                    .containsExactly(255, 128, 0);
        }
    }

    @Test
    void partsOfAPhotoLieWhereTheCropSays() {
        write("a/1.png", 256, 512, (y, x) -> x << 8 & 0xff00 | (x >= 256 ? 0xff0000 : 0));
        ImageDataset photos = Datasets.open(folder, Split.TRAIN);

        assertThat(pixels(photos, 0, new Crop(0, 0))[1] & 0xff).isZero();
        assertThat(pixels(photos, 0, new Crop(1, 0.5))[1] & 0xff).isEqualTo((512 - 224) / 2);
        assertThat(pixels(photos, 0, new Crop(0, 1))[1] & 0xff).isEqualTo(512 - 224 - 256);
    }

    /** Of 117 columns too many, torchvision leaves out 58 on the left (58.5 goes to the even one). */
    @Test
    void theMiddleIsCutWhereTorchvisionCutsIt() {
        write("a/1.png", 256, 341, (y, x) -> x);

        ImageDataset photos = Datasets.open(folder, Split.TRAIN);

        assertThat(pixels(photos, 0, Crop.CENTRE)[2]).isEqualTo((byte) 58);
    }

    @Test
    void photosAreScaledToWhatTheNetworkWants() {
        write("a/1.png", 64, 96, (y, x) -> x);
        ImageFolder photos = (ImageFolder) Datasets.open(folder, Split.TRAIN);

        byte[] pixels = pixels(photos.sized(64, new Resize(64, Interpolation.BICUBIC)), 0, Crop.CENTRE);

        assertThat(pixels[2]).isEqualTo((byte) 16);
        assertThatThrownBy(() -> photos.sized(64, new Resize(63, Interpolation.BILINEAR)))
                .hasMessageContaining("scaled to 63 pixels: a network for 64×64 needs at least 64");
    }

    @Test
    void smallImagesAreTakenWhole() {
        write("a/1.png", 32, 32, (y, x) -> y << 16 | x);

        byte[] pixels = pixels(((ImageFolder) Datasets.open(folder, Split.TRAIN)).sized(32), 0, Crop.CENTRE);

        for (int i = 0; i < 32 * 32; i++) {
            assertThat(pixels[3 * i]).isEqualTo((byte) (i / 32));
            assertThat(pixels[3 * i + 2]).isEqualTo((byte) (i % 32));
        }
    }

    @Test
    void aTruncatedPhotoStopsTheLoaderWithItsName() throws IOException {
        writeSplits();
        Path half = folder.resolve("train/cat/a.jpg");
        byte[] whole = Files.readAllBytes(half);
        Files.write(half, Arrays.copyOf(whole, whole.length / 2));

        try (BatchLoader loader = BatchLoader.inOrder(Datasets.open(folder, Split.TRAIN), 3)) {
            assertThatThrownBy(loader::next).isInstanceOf(ImageException.class).hasMessageContaining(half.toString());
        }
    }

    @Test
    void batchesFollowFromSeedEpochAndPosition() {
        for (int i = 0; i < 12; i++) {
            write("c" + i % 3 + "/" + i + ".png", 20 + i, 60);
        }
        ImageDataset photos = ((ImageFolder) Datasets.open(folder, Split.TRAIN)).sized(16);

        List<byte[]> epoch = batches(photos, 0, 0);
        assertThat(epoch).hasSize(3);
        List<byte[]> resumed = batches(photos, 0, 1);
        assertThat(resumed.get(0)).isEqualTo(epoch.get(1));
        assertThat(resumed.get(1)).isEqualTo(epoch.get(2));
        assertThat(batches(photos, 1, 0).get(0)).isNotEqualTo(epoch.get(0));
    }

    @Test
    void trainingSeesAnotherPartInEachEpoch() {
        write("a/1.png", 16, 60);
        ImageDataset photos = ((ImageFolder) Datasets.open(folder, Split.TRAIN)).sized(16);
        List<byte[]> parts = new ArrayList<>();
        try (BatchLoader loader = BatchLoader.shuffled(photos, 1, 3, new Augmentation(0, false, true))) {
            for (int epoch = 0; epoch < 8; epoch++) {
                loader.startEpoch(epoch, 0);
                parts.add(loader.next().pixels().toArray(ValueLayout.JAVA_BYTE));
            }
        }
        assertThat(parts.stream().map(Arrays::toString).distinct().count()).isGreaterThan(4);
    }

    private static List<byte[]> batches(ImageDataset photos, int epoch, int from) {
        List<byte[]> batches = new ArrayList<>();
        try (BatchLoader loader = BatchLoader.shuffled(photos, 4, 42, new Augmentation(0, true, true))) {
            loader.startEpoch(epoch, from);
            for (Batch batch = loader.next(); batch != null; batch = loader.next()) {
                batches.add(batch.pixels().toArray(ValueLayout.JAVA_BYTE));
            }
        }
        return batches;
    }

    @Test
    void cropsComeFromAllOverThePhoto() {
        Augmentation augmentation = new Augmentation(0, false, true);
        double[] down = IntStream.range(0, 1000)
                .mapToDouble(i -> augmentation.draw(1, 0, i).part().down())
                .toArray();
        assertThat(Arrays.stream(down).min().orElseThrow()).isBetween(0.0, 0.02);
        assertThat(Arrays.stream(down).max().orElseThrow()).isBetween(0.98, 1.0);
        assertThat(Arrays.stream(down).average().orElseThrow())
                .isCloseTo(0.5, within(0.05)); // 5 deviations of the mean
    }
}
