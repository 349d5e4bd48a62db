package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.trainer.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LeNet-5 (layers 0, 3, 7, 9 and its head, 11) learns three colours, and is used for two of them. */
class TransferTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path two;
    private static Path pretrained;

    @BeforeAll
    static void learnThreeColours() {
        Path three = ColouredPhotos.write(shared.resolve("three"), 32, 8, "red", "green", "blue");
        two = ColouredPhotos.write(shared.resolve("two"), 24, 8, "red", "blue");
        pretrained = shared.resolve("pretrained");
        CommandRun run = CommandRun.of(
                "train",
                "--data",
                three.toString(),
                "--epochs",
                "6",
                "--batch",
                "16",
                "--learning-rate",
                "0.02",
                "--threads",
                "1",
                "--run",
                pretrained.toString(),
                "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.json().get("testAccuracy").asDouble()).as(run.err()).isEqualTo(1);
    }

    private CommandRun train(String run, String... arguments) {
        List<String> all = new ArrayList<>(List.of(
                "train", "--data", two.toString(), "--batch", "8", "--threads", "1", "--run", at(run), "--json"));
        all.addAll(List.of(arguments));
        return CommandRun.of(all.toArray(new String[0]));
    }

    private String at(String name) {
        return folder.resolve(name).toString();
    }

    private Map<String, HostTensor> weights(Path run) {
        return SafeTensors.read(run.resolve("final.safetensors")).tensors();
    }

    private static List<String> changed(Map<String, HostTensor> before, Map<String, HostTensor> after) {
        return after.keySet().stream()
                .filter(name -> !after.get(name).contentEquals(before.get(name)))
                .toList();
    }

    @Test
    void aHeadForOtherClassesIsMadeAnewOnAFrozenBody() {
        CommandRun run = train(
                "tuned", "--pretrained", pretrained.toString(), "--freeze", "body", "--classes", "2", "--epochs", "8");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err())
                .contains("the head (11.weight, 11.bias) is made anew for 2 classes; the file has 11.weight [3, 84],"
                        + " 11.bias [3]")
                .contains("frozen: body; 170 of");
        assertThat(run.json().get("testAccuracy").asDouble()).isEqualTo(1);
        Path best = pretrained.resolve("best.safetensors");
        assertThat(changed(SafeTensors.read(best).tensors(), weights(folder.resolve("tuned"))))
                .containsExactly("11.weight", "11.bias");
        assertThat(RunFolder.at(folder.resolve("tuned")).readConfig())
                .containsEntry("freeze", List.of("body"))
                .containsEntry("classes", 2)
                .containsEntry("normalization", "pretrained")
                .containsEntry("augmentation", "crop")
                .containsEntry("pretrained", best.toString());

        JsonNode eval = CommandRun.of("eval", at("tuned"), "--json").json();
        assertThat(eval.get("top1").asDouble()).isEqualTo(1);
        assertThat(eval.get("classes").get(0).get("name").asText()).isEqualTo("blue");
        CommandRun prediction = CommandRun.of(
                "predict",
                "--weights",
                at("tuned"),
                two.resolve("val/red/0.png").toString(),
                "--json");
        assertThat(prediction.json().get("predictions").get(0).get("label").asText())
                .isEqualTo("red");
        CommandRun inspect = CommandRun.of(
                "inspect", at("tuned"), two.resolve("val/red/0.png").toString(), "--out", at("pictures"));
        assertThat(inspect.exitCode()).as(inspect.err()).isZero();
    }

    @Test
    void aHeadThatFitsIsTaken() {
        CommandRun run = train(
                "same",
                "--pretrained",
                pretrained.toString(),
                "--freeze",
                "*",
                "--unfreeze",
                "1",
                "--classes",
                "3",
                "--epochs",
                "1",
                "--learning-rate",
                "1e-6");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("all of it is taken, with its head for 3 classes");
    }

    /** From the checkpoint of the epoch before anything is unfrozen. */
    @Test
    void resumingAcrossUnfreezingEndsWithTheSameWeights() throws IOException {
        String[] how = {
            "--pretrained",
            pretrained.toString(),
            "--freeze",
            "body",
            "--unfreeze",
            "9=2",
            "--unfreeze",
            "3",
            "--rate-factor",
            "body=0.1,9=0.5",
            "--optimizer",
            "adam",
            "--epochs",
            "3"
        };
        CommandRun whole = train("whole", how);
        assertThat(whole.exitCode()).as(whole.err()).isZero();
        byte[] expected = Files.readAllBytes(folder.resolve("whole/final.safetensors"));
        assertThat(changed(weights(pretrained), weights(folder.resolve("whole"))))
                .contains("0.weight", "9.weight", "11.weight");
        try (Stream<Path> checkpoints = Files.list(folder.resolve("whole/checkpoints"))) {
            for (Path each : checkpoints.sorted().skip(1).toList()) {
                Files.delete(each);
            }
        }
        Files.delete(folder.resolve("whole/final.safetensors"));

        CommandRun shorter = CommandRun.of("train", "--resume", "--run", at("whole"), "--epochs", "2");
        TandemCommandTest.assertOneLine(shorter, ExitCodes.USAGE);
        assertThat(shorter.err()).contains("--unfreeze 3: there are 2 epochs");

        CommandRun resumed = CommandRun.of("train", "--resume", "--run", at("whole"), "--json");

        assertThat(resumed.exitCode()).as(resumed.err()).isZero();
        assertThat(resumed.err())
                .contains("epoch 2/3")
                .doesNotContain("epoch 1/3")
                .doesNotContain("made anew");
        assertThat(Files.readAllBytes(folder.resolve("whole/final.safetensors")))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--freeze featurs|parameters featurs: the network has none of that name; its parts are 0, 3, 7, 9, 11",
                "--freeze body,11|nothing is left to train",
                "--classes 1|has 2; leave it out",
                "--unfreeze 2|nothing is frozen",
                "--freeze body --unfreeze 11|there are 10 epochs",
                "--freeze body --unfreeze 0=x|it must be an epoch",
                "--freeze body --unfreeze 1=0|it must be an epoch from 1 on",
                "--rate-factor body=-1|it must be a number of 0 or more",
                "--rate-factor head=2|none of that name",
                "--rate-factor 0|0",
                "--weights missing|there is no such file",
                "--pretrained x|option --pretrained is given twice",
                "--model mlp --image-size 0|use a whole number of 1 or more",
            })
    void mistakesEndWithCodeTwo(String arguments, String message) {
        List<String> all = new ArrayList<>(List.of("--pretrained", pretrained.toString()));
        all.addAll(List.of(arguments.split(" ")));

        CommandRun run = train("never", all.toArray(new String[0]));

        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCodes.USAGE);
        assertThat(run.err()).contains(message);
        assertThat(folder.resolve("never")).doesNotExist();
    }

    @Test
    void croppingImagesOfOneSizeIsRefused() {
        Path digits = SmallMnist.write(folder.resolve("digits"), 20, 10);

        CommandRun run = CommandRun.of("train", "--data", digits.toString(), "--augmentation", "crop");

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err()).contains("--augmentation crop", "use mirror or shift");
    }

    @Test
    void whatDoesNotFitBesideTheHeadIsListed() {
        Path digits = SmallMnist.write(folder.resolve("digits"), 20, 10);

        CommandRun run = CommandRun.of(
                "train",
                "--data",
                digits.toString(),
                "--batch",
                "8",
                "--pretrained",
                pretrained.toString(),
                "--normalization",
                "standard",
                "--run",
                at("never"));

        assertThat(run.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(run.err())
                .contains(
                        "these weights do not fit the network: ",
                        "; 1 of another shape: 0.weight is [6, 3, 5, 5]," + " the network has [6, 1, 5, 5]; check");
        assertThat(folder.resolve("never")).doesNotExist();
    }

    @Test
    void weightsThatDoNotTellTheirNetworkNeedItsNameAndPixels() {
        Path bare = folder.resolve("bare.safetensors");
        SafeTensors.write(bare, weights(pretrained), Map.of());

        CommandRun nameless = train("never", "--pretrained", bare.toString());
        CommandRun unknown = train("never", "--pretrained", bare.toString(), "--model", "lenet5");
        CommandRun named = train(
                "named",
                "--pretrained",
                bare.toString(),
                "--model",
                "lenet5",
                "--normalization",
                "standard",
                "--epochs",
                "1");

        TandemCommandTest.assertOneLine(nameless, ExitCodes.USAGE);
        assertThat(nameless.err()).contains("name it with --model");
        TandemCommandTest.assertOneLine(unknown, ExitCodes.USAGE);
        assertThat(unknown.err()).contains("known for 1 channels, the images have 3", "--normalization");
        assertThat(named.exitCode()).as(named.err()).isZero();
    }

    @Test
    void whatPretrainedWeightsTellOfTheirNetworkHolds() throws IOException {
        CommandRun first = train(
                "vit",
                "--model",
                "vit_custom",
                "--epochs",
                "1",
                "--set",
                "layers=1",
                "--set",
                "hidden=16",
                "--set",
                "heads=2");
        assertThat(first.exitCode()).as(first.err()).isZero();

        CommandRun second = train("more", "--pretrained", at("vit"), "--epochs", "1", "--set", "dropout=0.1");
        assertThat(second.exitCode()).as(second.err()).isZero();
        assertThat(Files.readString(folder.resolve("more").resolve("config.yaml")))
                .contains("layers: \"1\"", "hidden: \"16\"", "dropout: \"0.1\"");
        CommandRun eval = CommandRun.of("eval", at("more"), "--json");
        assertThat(eval.exitCode()).as(eval.err()).isZero();

        CommandRun other = train("other", "--model", "lenet5", "--pretrained", at("vit"));
        assertThat(other.exitCode()).isNotZero();
        assertThat(other.err()).contains("weights of vit_custom, not of lenet5");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--freeze 0 --unfreeze 9=2 --epochs 3 | none of these is frozen",
                "--freeze 0 --freeze-statistics | no batch norms"
            })
    void optionsThatWouldDoNothingAreRefused(String options, String message) {
        List<String> arguments = new ArrayList<>(List.of("--pretrained", pretrained.toString()));
        arguments.addAll(List.of(options.split(" ")));
        CommandRun run = train("nothing", arguments.toArray(new String[0]));
        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCodes.USAGE);
        assertThat(run.err()).contains(message);
    }

    @Test
    void mistakesAreToldBeforePhotosAreRead() {
        CommandRun misspelt = train("misspelt", "--freeze", "feature");
        CommandRun taken = CommandRun.of("train", "--data", two.toString(), "--run", pretrained.toString());

        TandemCommandTest.assertOneLine(misspelt, ExitCodes.USAGE);
        assertThat(misspelt.err()).contains("parameters feature: the network has none of that name");
        TandemCommandTest.assertOneLine(taken, ExitCodes.FAILURE);
        assertThat(taken.err()).contains("it holds a run already");
        CommandRun inTheWay = CommandRun.of(
                "train",
                "--data",
                two.toString(),
                "--run",
                pretrained.resolve("config.yaml/run").toString());
        TandemCommandTest.assertOneLine(inTheWay, ExitCodes.FAILURE);
        assertThat(inTheWay.err()).contains("it cannot be written", "config.yaml is a file");
    }

    @Test
    void measuringOnAClassThatTheNetworkDoesNotKnowIsAUsageError() throws IOException {
        Path photos = ColouredPhotos.write(folder.resolve("photos"), 1, 2, "red", "blue");
        Files.move(photos.resolve("train/red"), photos.resolve("train/crimson"));
        Files.move(photos.resolve("val/red"), photos.resolve("val/crimson"));

        CommandRun run = CommandRun.of("eval", pretrained.toString(), "--data", photos.toString());

        TandemCommandTest.assertOneLine(run, ExitCodes.USAGE);
        assertThat(run.err())
                .contains(
                        photos.resolve("val/crimson").toString(),
                        "there is no class crimson: the network knows blue, green, red");
    }
}
