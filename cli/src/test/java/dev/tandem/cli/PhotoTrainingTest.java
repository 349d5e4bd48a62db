package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which folders of photos can be trained on, and what is said of them. */
class PhotoTrainingTest {
    @TempDir
    Path folder;

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private CommandRun trainBriefly(Path photos, String run) {
        return CommandRun.of(
                "train",
                "--data",
                photos.toString(),
                "--batch",
                "8",
                "--epochs",
                "1",
                "--threads",
                "1",
                "--run",
                at(run));
    }

    @Test
    void aMisspeltClassInTheTestSetIsAUsageError() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "blue");
        Files.move(photos.resolve("val/red"), photos.resolve("val/redd"));

        CommandRun run = CommandRun.of("train", "--data", photos.toString(), "--run", at("run"));

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains(photos.resolve("val/redd").toString(), "only blue, red");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void photosOfOneClassAreRefused() {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red");

        CommandRun run = CommandRun.of("train", "--data", photos.toString(), "--run", at("run"));

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains(photos.resolve("train").toString(), "all images are of one class, red");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void photosAreMeasuredOnByTheirFoldersName() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "blue");
        CommandRun validated = trainBriefly(photos, "validated");
        Files.move(photos.resolve("val"), photos.resolve("test"));
        CommandRun tested = trainBriefly(photos, "tested");

        assertThat(validated.err())
                .contains("4 to validate on", "; validation: loss")
                .doesNotContain("to test on", "; test:");
        assertThat(validated.out()).contains("% of the validation images right");
        assertThat(tested.err()).contains("4 to test on", "; test: loss");
        assertThat(tested.out()).contains("% of the test images right");
    }

    @Test
    void anExchangedPhotoIsNoticedWhenARunGoesOn() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "blue");
        trainBriefly(photos, "run");
        Path exchanged = photos.resolve("train/red/0.jpg");
        Files.move(photos.resolve("train/red/0.png"), exchanged);

        CommandRun refused = CommandRun.of("train", "--resume", "--epochs", "2", "--run", at("run"));
        assertThat(refused.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(refused.err()).contains("as many images of each class, but files of other names or sizes");

        Path checkpoint = folder.resolve("run/checkpoints/step-000000002.safetensors");
        SafeTensors written = SafeTensors.read(checkpoint);
        Map<String, String> asBefore = new HashMap<>(written.metadata());
        assertThat(asBefore.remove("trainFiles")).isNotEmpty();
        SafeTensors.write(checkpoint, written.tensors(), asBefore);
        CommandRun resumed = CommandRun.of("train", "--resume", "--epochs", "2", "--run", at("run"));
        assertThat(resumed.exitCode())
                .as("checkpoint of an earlier version: " + resumed.err())
                .isZero();
    }

    @Test
    void withoutATestSetATenthOfTheTrainingPhotosIsKeptApart() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 10, 0, "red", "blue");

        CommandRun run = trainBriefly(photos, "run");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err())
                .contains("tandem: there is no val or test folder in " + photos + "; a tenth of the training images")
                .contains("; validation: loss");
        assertThat(run.out()).contains("% of the validation images right");
        CommandRun eval = CommandRun.of("eval", at("run"));
        TandemCommandTest.assertOneLine(eval, ExitCodes.USAGE);
        assertThat(eval.err()).contains("no test set was found", "--split train measures on the training images");
        assertThat(run.err())
                .containsSubsequence("reading photos for the mean and deviation of their pixels", "images of 3×");
    }
}
