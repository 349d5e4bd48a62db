package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.io.SafeTensors;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
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
        assertThat(tested.err()).contains("4 to test on and to choose the best weights by", "; test: loss");
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

    @Test
    void theBestWeightsAreChosenByTheValidationFolderAndTestIsNotTouched() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "blue");
        Files.move(photos.resolve("val"), photos.resolve("Valid"));
        Files.move(
                ColouredPhotos.write(folder.resolve("more"), 0, 3, "red", "blue")
                        .resolve("val"),
                photos.resolve("test"));

        CommandRun run = trainBriefly(photos, "run");
        CommandRun tested = CommandRun.of("eval", at("run"), "--json");
        CommandRun validated = CommandRun.of("eval", at("run"), "--split", "validation", "--json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err())
                .contains("4 to validate on", "; validation: loss")
                .contains("photos " + photos.resolve("test") + ": not touched, the best weights are chosen by "
                        + photos.resolve("Valid"));
        assertThat(run.out()).contains("% of the validation images right");
        assertThat(tested.json().get("images").asInt()).isEqualTo(6);
        assertThat(validated.json().get("images").asInt()).isEqualTo(4);
    }

    @Test
    void theTestFolderChoosesOnlyWhereThatIsAskedFor() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "blue");
        Files.move(
                ColouredPhotos.write(folder.resolve("more"), 0, 3, "red", "blue")
                        .resolve("val"),
                photos.resolve("test"));

        CommandRun run = CommandRun.of(
                "train",
                "--data",
                photos.toString(),
                "--batch",
                "8",
                "--epochs",
                "1",
                "--validate-on",
                "test",
                "--run",
                at("run"));

        assertThat(run.err()).contains("6 to test on and to choose the best weights by");
    }

    @Test
    void aFolderCalledByANumberIsNotTakenForAnother() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "green", "blue");
        Path others = ColouredPhotos.write(folder.resolve("others"), 2, 2, "red", "green", "blue");
        for (String part : List.of("train", "val")) {
            rename(photos.resolve(part), "1", "2", "3");
            rename(others.resolve(part), "2", "3", "4");
        }
        trainBriefly(photos, "run");

        CommandRun eval = CommandRun.of("eval", at("run"), "--data", others.toString());

        TandemCommandTest.assertOneLine(eval, ExitCodes.USAGE);
        assertThat(eval.err()).contains("there is no class 4: the network knows 1, 2, 3");
    }

    private static void rename(Path part, String blue, String green, String red) throws IOException {
        Files.move(part.resolve("blue"), part.resolve(blue));
        Files.move(part.resolve("green"), part.resolve(green));
        Files.move(part.resolve("red"), part.resolve(red));
    }

    private static void cut(Path photo) throws IOException {
        Files.write(photo, Arrays.copyOf(Files.readAllBytes(photo), 200));
    }

    @Test
    void aBrokenPhotoIsSkippedAndListedAndMayBeDeleted() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "blue");
        Path broken = photos.resolve("train/red/1.jpg");
        cut(broken);
        cut(photos.resolve("val/blue/0.png"));

        CommandRun run = trainBriefly(photos, "run");
        CommandRun eval = CommandRun.of("eval", at("run"), "--json");
        Files.delete(broken);
        CommandRun resumed = CommandRun.of("train", "--resume", "--epochs", "2", "--run", at("run"), "--json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err())
                .contains("tandem: 2 photos could not be read, skipped:")
                .contains("  " + broken + ": it cannot be read");
        assertThat(eval.json().get("images").asInt()).isEqualTo(3);
        assertThat(eval.json().get("brokenPhotos")).hasSize(1);
        assertThat(resumed.exitCode()).as(resumed.err()).isZero();
        assertThat(resumed.err()).contains("1 photo that could not be read is gone since", "bit for bit");
        assertThat(resumed.json().get("brokenPhotos")).hasSize(2);
        assertThat(resumed.json().get("brokenPhotos").get(0).get("file").asText())
                .isEqualTo(broken.toString());
    }

    @Test
    void moreBrokenPhotosThanMayBeEndARunBeforeItsFirstStep() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "blue");
        cut(photos.resolve("train/red/1.jpg"));
        cut(photos.resolve("train/red/2.png"));

        CommandRun refused = trainBriefly(photos, "run");
        CommandRun allowed = CommandRun.of(
                "train",
                "--data",
                photos.toString(),
                "--batch",
                "4",
                "--epochs",
                "1",
                "--max-broken",
                "20%",
                "--run",
                at("allowed"));
        CommandRun mistake = CommandRun.of("train", "--data", photos.toString(), "--max-broken", "some");

        TandemCommandTest.assertOneLine(refused, ExitCodes.FAILURE);
        assertThat(refused.err()).contains("of 16 at most 1 may be so (1%)", "--max-broken");
        assertThat(folder.resolve("run")).doesNotExist();
        assertThat(allowed.exitCode()).as(allowed.err()).isZero();
        assertThat(mistake.exitCode()).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void whatIsNotReadIsSaid() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "blue");
        Files.writeString(photos.resolve("train/red/x.avif"), "    ftypavif");

        CommandRun run = trainBriefly(photos, "run");

        assertThat(run.err()).contains("1 of 9 photos of class red end in .avif, which is not read");
    }

    /** Bytes that are no UTF-8, as archives from elsewhere leave them. */
    @Test
    void aFolderWhoseNameIsNoTextIsAClassByItsBytes() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 8, 2, "red", "blue");
        for (String part : List.of("train", "val")) {
            Files.move(
                    photos.resolve(part).resolve("red"),
                    Path.of(URI.create("file://" + photos.resolve(part) + "/caf%E9")));
        }

        CommandRun run = trainBriefly(photos, "run");
        CommandRun eval = CommandRun.of("eval", at("run"), "--json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(eval.json().get("classes").get(1).get("name").asText()).isEqualTo("caf\\xe9");
        assertThat(eval.json().get("classes").get(1).get("images").asInt()).isEqualTo(2);
    }
}
