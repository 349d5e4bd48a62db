package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tandem.data.Datasets;
import dev.tandem.data.ImageDataset;
import dev.tandem.data.Split;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
    @TempDir
    Path folder;

    @Test
    void everyKindOfPictureIsMadeOfADigit() throws IOException {
        Path digit = digit("a digit.png", 3);

        CommandRun run = inspect(run(), digit.toString(), "--json", "--top", "4");

        assertThat(run.exitCode()).as(run.err()).isZero();
        List<String> names = new ArrayList<>();
        for (JsonNode each : run.json().get("files")) {
            File file = new File(each.get("file").asText());
            names.add(file.getName());
            assertThat(colours(ImageIO.read(file))).as(file.getName()).isGreaterThan(4);
        }
        assertThat(names)
                .containsExactly(
                        "filters.png",
                        "a_digit-activations-01-1.png",
                        "a_digit-activations-02-2.png",
                        "a_digit-activations-03-4.png",
                        "a_digit-activations-04-5.png",
                        "a_digit-gradcam.png",
                        "a_digit-occlusion.png",
                        "nearest.png");
        String page = Files.readString(Path.of(run.json().get("page").asText()));
        names.forEach(name -> assertThat(page).contains("src=\"" + name + "\""));
        JsonNode neighbours =
                run.json().get("files").get(7).get("images").get(0).get("neighbours");
        assertThat(neighbours).hasSize(4);
        assertThat(neighbours.get(0).get("distance").asDouble())
                .isLessThanOrEqualTo(neighbours.get(3).get("distance").asDouble());
    }

    private static long colours(BufferedImage picture) {
        return Arrays.stream(picture.getRGB(0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth()))
                .distinct()
                .count();
    }

    @Test
    void trainingImageIsItsOwnNearest() throws IOException {
        ImageDataset train = Datasets.mnist(Split.TRAIN);
        Path digit = save(train, 123, "train.png");

        CommandRun run =
                inspect(run(), digit.toString(), "--json", "--what", "nearest", "--limit", "500", "--prepare", "plain");

        JsonNode nearest = run.json()
                .get("files")
                .get(0)
                .get("images")
                .get(0)
                .get("neighbours")
                .get(0);
        assertThat(nearest.get("index").asInt()).isEqualTo(123);
        assertThat(nearest.get("label").asText()).isEqualTo(train.classNames().get(train.label(123)));
        // Alone in its batch it may be added up in another order than among 64.
        assertThat(nearest.get("distance").asDouble()).isLessThan(1e-3);
    }

    @Test
    void withoutImagesOnlyFiltersAreShown() {
        CommandRun run = inspect(run());

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("filters.png", "index.html").doesNotContain("gradcam");
    }

    @Test
    void namedClassIsTheOneExplained() throws IOException {
        CommandRun run = inspect(
                run(), digit("three.png", 3).toString(), "--json", "--what", "gradcam,occlusion", "--class", "8");

        assertThat(run.json().get("files")).hasSize(2);
        assertThat(run.json().get("files").get(0).get("class").asText()).isEqualTo("8");
    }

    @Test
    void linearClassifierShowsTemplatesAndSaysWhatItCannot() throws IOException {
        Path linear = folder.resolve("linear");
        CommandRun training = CommandRun.of(
                "train",
                "--model",
                "linear",
                "--data",
                TrainedRun.get().data.toString(),
                "--epochs",
                "1",
                "--run",
                linear.toString());
        assertThat(training.exitCode()).as(training.err()).isZero();
        Path digit = digit("three.png", 3);

        CommandRun run = inspect(linear.toString(), digit.toString(), "--json");
        CommandRun asked = inspect(linear.toString(), digit.toString(), "--what", "gradcam");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.json().get("files")).hasSize(3); // filters, occlusion, nearest
        BufferedImage templates =
                ImageIO.read(new File(run.json().get("files").get(0).get("file").asText()));
        assertThat(templates.getWidth()).isEqualTo(5 * 84 + 4 * 2);
        assertThat(run.err()).contains("left out: Grad-CAM", "left out: activations");
        assertFailure(asked, "no convolution", "occlusion map works");
    }

    @Test
    void mistakesAreUsageErrors() throws IOException {
        String digit = digit("three.png", 3).toString();

        assertUsage(inspect(run(), folder.resolve("none.png").toString()), "none.png", "no such file");
        assertUsage(inspect(digit), "is an image", "before it");
        assertUsage(inspect(run(), "--what", "gradcam"), "no image");
        assertUsage(inspect(run(), digit, "--what", "colours"), "colours");
        assertUsage(inspect(run(), digit, "--class", "cat", "--what", "gradcam"), "--class cat", "0 to 9");
        assertUsage(inspect(run(), digit, "--class", "10", "--what", "gradcam"), "--class 10");
        assertUsage(inspect(run(), digit, "--patch", "0"), "1 or more");
        assertUsage(inspect(run(), digit, "--what", "nearest", "--data", "none"), "no such folder");
        assertUsage(inspect(folder.resolve("none").toString()), "no such file or folder");
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        assertUsage(
                CommandRun.of("inspect", run(), "--out", file.resolve("inner").toString()),
                "cannot be written to",
                "--out");
    }

    @Test
    void failuresAreOneLine() throws IOException {
        String digit = digit("three.png", 3).toString();
        Path text = Files.writeString(folder.resolve("notes.png"), "no image");

        assertFailure(inspect(run(), text.toString()), "no JPEG, PNG, WebP, TIFF, BMP or GIF");
        assertFailure(inspect(run(), digit, "--what", "gradcam", "--layer", "layer9"), "layer9", "[0, 1, 2, 3, 4, 5]");
        assertFailure(inspect(run(), digit, "--patch", "29"), "patch 29", "28×28");
    }

    private static void assertUsage(CommandRun run, String... parts) {
        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCodes.USAGE);
        assertThat(run.err()).contains(parts).doesNotContain("\tat ");
        assertThat(run.out()).isEmpty();
    }

    private static void assertFailure(CommandRun run, String... parts) {
        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCodes.FAILURE);
        assertThat(run.err()).contains(parts).doesNotContain("\tat ");
        assertThat(run.out()).isEmpty();
    }

    private static String run() {
        return TrainedRun.get().folder.toString();
    }

    private CommandRun inspect(String... arguments) {
        List<String> all = new ArrayList<>(List.of("inspect"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--out", folder.resolve("out").toString()));
        return CommandRun.of(all.toArray(new String[0]));
    }

    /** MNIST's first test image of a class. */
    private Path digit(String name, int label) throws IOException {
        ImageDataset test = Datasets.mnist(Split.TEST);
        int index = 0;
        while (test.label(index) != label) {
            index++;
        }
        return save(test, index, name);
    }

    private Path save(ImageDataset dataset, int index, String name) throws IOException {
        byte[] pixels = new byte[28 * 28];
        dataset.copyPixels(index, MemorySegment.ofArray(pixels), 0);
        BufferedImage image = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setDataElements(0, 0, 28, 28, pixels);
        Path file = folder.resolve(name);
        ImageIO.write(image, "png", file.toFile());
        return file;
    }
}
