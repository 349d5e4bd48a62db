package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tandem.cli.image.DigitPhotos;
import dev.tandem.data.image.Plane;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictCommandTest {
    private static final DigitPhotos PHOTOS = new DigitPhotos();

    @TempDir
    Path folder;

    @Test
    void photographedDigitsAreRecognised() throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "predict", "--json", "--weights", TrainedRun.get().folder.toString()));
        for (int i = 0; i < 50; i++) {
            arguments.add(save(PHOTOS.photo(i), "photo" + i + ".jpg").toString());
        }

        CommandRun run = CommandRun.of(arguments.toArray(new String[0]));

        assertThat(run.exitCode()).as(run.err()).isZero();
        int right = 0;
        for (int i = 0; i < 50; i++) {
            JsonNode prediction = run.json().get("predictions").get(i);
            right += prediction.get("label").asText().equals(Integer.toString(PHOTOS.label(i))) ? 1 : 0;
        }
        // The network gets about 19 of 20 of MNIST's own test images right.
        assertThat(right).isGreaterThanOrEqualTo(43);
        assertThat(run.err()).contains("photo0.jpg: dark ink on light paper inverted", "centred like MNIST's");
    }

    @Test
    void textShowsABarForEachClass() throws IOException {
        Path image = save(PHOTOS.original(0), "seven.png");

        CommandRun run = predict("--top", "3", image.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith(image + ": 7\n").contains("█", "%");
        assertThat(run.out().lines()).hasSize(4);
        assertThat(run.err()).contains("like MNIST's digits already");
    }

    @Test
    void probabilitiesAddUpToOne() throws IOException {
        JsonNode prediction = predict(
                        "--top",
                        "10",
                        "--json",
                        save(PHOTOS.original(1), "two.png").toString())
                .json()
                .get("predictions")
                .get(0);

        double sum = 0;
        for (JsonNode each : prediction.get("top")) {
            sum += each.get("probability").asDouble();
        }
        assertThat(prediction.get("label").asText()).isEqualTo("2");
        assertThat(prediction.get("top")).hasSize(10);
        assertThat(sum).isBetween(0.999999, 1.000001);
    }

    @Test
    void plainLeavesThePhotoAsItIs() throws IOException {
        CommandRun run =
                predict("--prepare", "plain", save(PHOTOS.photo(0), "photo.png").toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
    }

    @Test
    void missingImageIsAUsageError() {
        CommandRun run = predict(folder.resolve("none.png").toString());

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("none.png", "no such file");
    }

    @Test
    void folderIsNoImage() {
        CommandRun run = predict(folder.toString());

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("it is a folder");
    }

    @Test
    void fileThatIsNoImageIsNamedAndTheOthersAreSeen() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.png"), "no image");
        Path image = save(PHOTOS.original(0), "seven.png");

        CommandRun run = predict("--json", text.toString(), image.toString());

        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(run.err()).contains("tandem: image " + text + ": it is no JPEG, PNG, WebP, TIFF, BMP or GIF");
        assertThat(run.json().get("predictions")).hasSize(1);
        assertThat(run.json().get("errors")).hasSize(1);
        assertThat(run.json().get("errors").get(0).get("image").asText()).isEqualTo(text.toString());
    }

    @Test
    void onlyBadImagesLeaveNoResult() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.png"), "no image");

        CommandRun run = predict("--json", text.toString());

        TandemCommandTest.assertOneLine(run, ExitCodes.FAILURE);
    }

    @Test
    void noImageIsAUsageError() {
        CommandRun run = CommandRun.of("predict");

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("IMAGE");
    }

    private static CommandRun predict(String... arguments) {
        List<String> all = new ArrayList<>(
                List.of("predict", "--weights", TrainedRun.get().folder.toString()));
        all.addAll(List.of(arguments));
        return CommandRun.of(all.toArray(new String[0]));
    }

    private Path save(Plane plane, String name) throws IOException {
        BufferedImage image = new BufferedImage(plane.width(), plane.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < plane.height(); y++) {
            for (int x = 0; x < plane.width(); x++) {
                image.setRGB(x, y, 0x010101 * Math.round(255 * plane.at(y, x)));
            }
        }
        Path file = folder.resolve(name);
        ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile());
        return file;
    }
}
