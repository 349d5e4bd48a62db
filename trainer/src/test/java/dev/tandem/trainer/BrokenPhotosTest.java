package dev.tandem.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.data.Augmentation;
import dev.tandem.data.BrokenLimit;
import dev.tandem.data.Datasets;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.ImageFolder;
import dev.tandem.data.Normalization;
import dev.tandem.data.PhotoFiles;
import dev.tandem.data.Split;
import dev.tandem.data.TooManyBrokenException;
import dev.tandem.data.image.ImageException;
import dev.tandem.nn.Flatten;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokenPhotosTest {
    private static final int SIZE = 12;

    @TempDir
    Path folder;

    private Device device;

    @BeforeEach
    void open() {
        device = Device.open("cpu");
        for (int i = 0; i < 12; i++) {
            PhotoFiles.write(folder, String.format("photos/train/%s/%02d.png", i % 2 == 0 ? "a" : "b", i), i << 18);
            PhotoFiles.write(folder, String.format("photos/val/%s/%02d.png", i % 2 == 0 ? "a" : "b", i), i << 18);
        }
    }

    @AfterEach
    void close() {
        device.close();
    }

    private ImageFolder photos(Split split) {
        return ((ImageFolder) Datasets.open(folder.resolve("photos"), split)).sized(SIZE);
    }

    private TrainerBuilder trainer(ImageDataset train, RunFolder run) {
        Module network = new Sequential(new Flatten(), new Linear(3 * SIZE * SIZE, 2));
        network.initialize(device, 1);
        NetworkSpec spec = new NetworkSpec("small", 3, SIZE, SIZE, train.classNames(), Normalization.zeroToOne(3));
        return Trainer.builder(network, spec)
                .trainOn(train)
                .validateOn(photos(Split.VALIDATION))
                .augmentation(Augmentation.NONE)
                .batchSize(4)
                .epochs(2)
                .runFolder(run);
    }

    /** Where a look at the first and last bytes does not see it. */
    private static void damageInTheMiddle(Path photo) throws IOException {
        byte[] bytes = Files.readAllBytes(photo);
        for (int i = 60; i < 90; i++) {
            bytes[i] = 0;
        }
        Files.write(photo, bytes);
    }

    @Test
    void aBrokenPhotoIsSkippedAndListed() throws IOException {
        PhotoFiles.cut(photos(Split.TRAIN).file(3));
        damageInTheMiddle(photos(Split.VALIDATION).file(5));
        RunFolder run = RunFolder.create(folder.resolve("run"));

        TrainingResult result = trainer(photos(Split.TRAIN), run).train();

        assertThat(result.completed()).isTrue();
        assertThat(result.steps()).isEqualTo(6);
        assertThat(result.validation().images()).isEqualTo(11);
        assertThat(result.broken())
                .extracting(ImageException::file)
                .containsExactly(
                        photos(Split.TRAIN).file(3).toString(),
                        photos(Split.VALIDATION).file(5).toString());
    }

    @Test
    void tooManyThatALookFindsCostNoStep() {
        PhotoFiles.cut(photos(Split.VALIDATION).file(5));
        PhotoFiles.cut(photos(Split.VALIDATION).file(6));
        RunFolder run = RunFolder.create(folder.resolve("run"));

        assertThatThrownBy(() -> trainer(photos(Split.TRAIN), run).train())
                .isInstanceOf(TooManyBrokenException.class)
                .hasMessageContaining("at most 1 may be so");
        assertThat(run.hasCheckpoint()).isFalse();
    }

    /** What nobody could see before is found when the epoch is computed; the epoch is kept, and the run goes on from it. */
    @Test
    void tooManyInValidationLeaveTheEpochThatWasComputed() throws IOException {
        damageInTheMiddle(photos(Split.VALIDATION).file(5));
        damageInTheMiddle(photos(Split.VALIDATION).file(6));
        RunFolder run = RunFolder.create(folder.resolve("run"));
        assertThatThrownBy(() -> trainer(photos(Split.TRAIN), run).train()).isInstanceOf(TooManyBrokenException.class);
        assertThat(RunFolder.step(run.checkpoints().get(0))).contains(3L);

        TrainingResult result = trainer(photos(Split.TRAIN), run)
                .maxBroken(BrokenLimit.parse("2"))
                .resume(true)
                .train();

        assertThat(result.steps()).isEqualTo(6);
        assertThat(result.broken()).hasSize(2);
    }

    @Test
    void photosOfWhichNoneCanBeReadAreNamed() throws IOException {
        List<Path> files =
                IntStream.range(0, 12).mapToObj(photos(Split.TRAIN)::file).toList();
        for (Path each : files) {
            damageInTheMiddle(each);
        }
        RunFolder run = RunFolder.create(folder.resolve("run"));

        assertThatThrownBy(() -> trainer(photos(Split.TRAIN), run)
                        .maxBroken(BrokenLimit.ANY)
                        .train())
                .isInstanceOf(TooManyBrokenException.class)
                .hasMessageContaining("none of its 12 images can be read");
    }

    @Test
    void aRunGoesOnBitForBitWhenItsBrokenPhotoIsDeleted() throws IOException {
        PhotoFiles.cut(photos(Split.TRAIN).file(3));
        RunFolder whole = RunFolder.create(folder.resolve("whole"));
        trainer(photos(Split.TRAIN), whole).train();
        RunFolder run = RunFolder.create(folder.resolve("run"));
        trainer(photos(Split.TRAIN), run).epochs(1).train();
        Files.delete(photos(Split.TRAIN).file(3));

        assertThatThrownBy(() -> trainer(photos(Split.TRAIN), run).resume(true).train())
                .hasMessageContaining("12 images, now there are 11");
        trainer(photos(Split.TRAIN).withRemoved(run.brokenPhotos()), run)
                .resume(true)
                .train();

        assertThat(run.finalWeights()).hasSameBinaryContentAs(whole.finalWeights());
    }
}
