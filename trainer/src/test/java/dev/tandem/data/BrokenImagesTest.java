package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.data.image.ImageException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BrokenImagesTest {
    @TempDir
    Path folder;

    /** Photos 0 to {@code count − 1} of two classes, of which each has a green of its own. */
    private ImageFolder photos(int count) {
        for (int i = 0; i < count; i++) {
            PhotoFiles.write(folder, String.format("%s/%03d.png", i < count / 2 ? "a" : "b", i), i << 8);
        }
        return open();
    }

    private ImageFolder open() {
        return ((ImageFolder) Datasets.open(folder, Split.TRAIN)).sized(12);
    }

    private static List<Integer> greens(Batch batch) {
        byte[] pixels = batch.pixels().toArray(ValueLayout.JAVA_BYTE);
        List<Integer> greens = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            greens.add(pixels[i * 12 * 12 * 3 + 1] & 0xff);
            assertThat(batch.image(i)).isEqualTo(greens.get(i));
            assertThat(batch.labels()[i]).isEqualTo(greens.get(i) < 6 ? 0 : 1);
        }
        return greens;
    }

    private static List<List<Integer>> epoch(ImageDataset photos, BrokenImages broken, int from) {
        List<List<Integer>> batches = new ArrayList<>();
        try (BatchLoader loader = BatchLoader.shuffled(photos, 4, 7, Augmentation.NONE, 2, broken)) {
            loader.startEpoch(0, from);
            for (Batch batch = loader.next(); batch != null; batch = loader.next()) {
                batches.add(greens(batch));
            }
        }
        return batches;
    }

    @Test
    void brokenPhotosAreLeftOutAndTheOthersStayInTheirBatches() {
        ImageFolder photos = photos(12);
        List<List<Integer>> whole = epoch(photos, null, 0);
        PhotoFiles.cut(photos.file(2));
        PhotoFiles.cut(photos.file(9));
        BrokenImages broken = new BrokenImages(photos, BrokenLimit.ANY);

        List<List<Integer>> rest = epoch(photos, broken, 0);

        List<List<Integer>> expected = whole.stream()
                .map(batch ->
                        batch.stream().filter(each -> each != 2 && each != 9).toList())
                .toList();
        assertThat(rest).isEqualTo(expected);
        assertThat(broken.list())
                .extracting(ImageException::file)
                .containsExactly(photos.file(2).toString(), photos.file(9).toString());
        assertThat(epoch(photos, broken, 1)).isEqualTo(expected.subList(1, 3));
        assertThat(broken.list()).hasSize(2);
    }

    @Test
    void aBatchOfNothingButBrokenPhotosIsPassedOver() {
        ImageFolder photos = photos(12);
        List<List<Integer>> whole = epoch(photos, null, 0);
        whole.get(1).forEach(each -> PhotoFiles.cut(photos.file(each)));

        assertThat(epoch(photos, new BrokenImages(photos, BrokenLimit.ANY), 0))
                .containsExactly(whole.get(0), whole.get(2));
        try (BatchLoader loader =
                BatchLoader.shuffled(photos, 4, 7, Augmentation.NONE, 2, new BrokenImages(photos, BrokenLimit.ANY))) {
            loader.startEpoch(0, 0);
            assertThat(loader.next().number()).isZero();
            assertThat(loader.next().number()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @CsvSource({"1%,100,1", "1%,10,1", "1%,101,2", "0,100,0", "0%,100,0", "3,100,3", "100%,7,7", "50,7,7", "0.5%,1000,5"
    })
    void theLimitIsAShareOrANumber(String limit, int images, int allowed) {
        assertThat(BrokenLimit.parse(limit).allowed(images)).isEqualTo(allowed);
        assertThat(BrokenLimit.parse(limit).toString()).isEqualTo(limit);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-1", "101%", "1.5", "1e3", "%"})
    void otherLimitsAreRefused(String limit) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BrokenLimit.parse(limit))
                .withMessageContaining("from 0% to 100%");
    }

    @Test
    void moreThanTheLimitEndIt() {
        ImageFolder photos = photos(12);
        PhotoFiles.cut(photos.file(2));
        PhotoFiles.cut(photos.file(9));

        assertThatThrownBy(() -> epoch(photos, new BrokenImages(photos, BrokenLimit.USUAL), 0))
                .isInstanceOf(TooManyBrokenException.class)
                .hasMessageContaining(photos.file(9).toString())
                .hasMessageContaining("of 12 at most 1 may be so (1%)");
    }

    /** Of every kind, and that what only looks strange is not taken for broken. */
    @Test
    void aLookFindsThemWithoutDecodingTheOthers() throws IOException {
        for (String format : List.of("png", "jpg", "gif", "bmp", "tif")) {
            PhotoFiles.write(folder, "a/whole." + format, 5);
            PhotoFiles.write(folder, "a/more." + format, 5);
            Path more = folder.resolve("a/more." + format);
            byte[] bytes = Files.readAllBytes(more);
            Files.write(more, Arrays.copyOf(bytes, bytes.length + 100));
        }
        for (String format : List.of("png", "jpg", "gif", "bmp")) {
            PhotoFiles.cut(PhotoFiles.write(folder, "b/cut." + format, 5));
        }
        Files.createFile(folder.resolve("b/empty.jpg"));
        Files.writeString(folder.resolve("b/page.jpg"), "<html>");
        Files.createSymbolicLink(folder.resolve("b/nowhere.jpg"), folder.resolve("none.jpg"));
        ImageFolder photos = open();
        BrokenImages broken = new BrokenImages(photos, BrokenLimit.ANY);

        broken.lookForThem(2);

        assertThat(broken.list())
                .extracting(each -> Path.of(each.file()).getFileName().toString())
                .containsExactly("cut.bmp", "cut.gif", "cut.jpg", "cut.png", "empty.jpg", "nowhere.jpg", "page.jpg");
        assertThat(broken.list().get(5).reason()).isEqualTo("it is not there");
    }

    @Test
    void classesOfWhichNothingIsLeftAreNamedAndNothingAtAllIsRefused() {
        ImageFolder photos = photos(6);
        for (int i = 2; i < 6; i++) {
            PhotoFiles.cut(photos.file(i));
        }
        BrokenImages broken = new BrokenImages(photos, BrokenLimit.ANY);
        broken.lookForThem(1);
        assertThat(broken.lostClasses()).containsExactly("b");

        PhotoFiles.cut(photos.file(0));
        PhotoFiles.cut(photos.file(1));
        assertThatThrownBy(() -> new BrokenImages(photos, BrokenLimit.ANY).lookForThem(1))
                .isInstanceOf(TooManyBrokenException.class)
                .hasMessageContaining("none of its 6 images can be read");
    }

    @Test
    void statisticsLeaveThemOut() {
        ImageFolder photos = photos(12);
        PhotoFiles.cut(photos.file(11));
        Statistics without = Statistics.of(photos, 2, new BrokenImages(photos, BrokenLimit.ANY));
        photos.file(11).toFile().delete();

        assertThat(without.mean()).isEqualTo(Statistics.of(open()).mean());
        for (int i = 0; i < 11; i++) {
            PhotoFiles.cut(photos.file(i));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Statistics.of(photos, 2, new BrokenImages(photos, BrokenLimit.ANY)))
                .withMessageContaining("none of its 12 images can be read");
    }

    @Test
    void aBrokenPhotoThatIsDeletedKeepsItsPlace() throws IOException {
        ImageFolder before = photos(12);
        PhotoFiles.cut(before.file(2));
        String fingerprint = before.fingerprint();
        BrokenImages broken = new BrokenImages(before, BrokenLimit.ANY);
        List<List<Integer>> expected = epoch(before, broken, 0);
        Files.delete(before.file(2));

        ImageFolder after = open().withRemoved(broken.fingerprints());

        assertThat(open().fingerprint()).isNotEqualTo(fingerprint);
        assertThat(after.fingerprint()).isEqualTo(fingerprint);
        assertThat(after.size()).isEqualTo(12);
        assertThat(epoch(after, new BrokenImages(after, BrokenLimit.ANY), 0)).isEqualTo(expected);
        assertThat(before.withRemoved(List.of(before.fingerprint(3))).size()).isEqualTo(12);
    }
}
