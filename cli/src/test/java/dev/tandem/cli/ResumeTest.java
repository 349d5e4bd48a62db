package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.trainer.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What may have changed when a run goes on, and what is said of it. */
class ResumeTest {
    @TempDir
    Path folder;

    private Path data;
    private Path run;

    @BeforeEach
    void write() {
        data = SmallMnist.write(folder.resolve("digits"), 640, 50);
        run = folder.resolve("run");
    }

    private void train(String... more) {
        String[] arguments = {
            "train",
            "--model",
            "linear",
            "--data",
            data.toString(),
            "--epochs",
            "2",
            "--threads",
            "1",
            "--run",
            run.toString()
        };
        CommandRun trained = CommandRun.of(joined(arguments, more));
        assertThat(trained.exitCode()).as(trained.err()).isZero();
    }

    private CommandRun resume(String... more) {
        return CommandRun.of(joined(new String[] {"train", "--resume", "--run", run.toString()}, more));
    }

    private static String[] joined(String[] some, String[] more) {
        String[] all = Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    @Test
    void dataThatWasMovedIsTakenWhereItIsTheSame() throws IOException {
        train();
        Path moved = Files.move(data, folder.resolve("moved"));

        CommandRun lost = resume("--epochs", "3");
        TandemCommandTest.assertOneLine(lost, ExitCodes.USAGE);
        assertThat(lost.err()).contains(data.toString(), "name its new place with --data");

        CommandRun resumed = resume("--epochs", "3", "--data", moved.toString());
        assertThat(resumed.exitCode()).as(resumed.err()).isZero();
        assertThat(resumed.err())
                .contains("the images of " + moved + " are those of " + data)
                .contains("epoch 3/3");
        assertThat(RunFolder.at(run).readConfig()).containsEntry("data", moved.toString());

        Path link = Files.createSymbolicLink(folder.resolve("link"), moved);
        String roundabout = folder.resolve("moved/../link").toString();
        CommandRun linked = resume("--epochs", "4", "--data", roundabout);
        assertThat(linked.exitCode()).as(linked.err()).isZero();
        assertThat(RunFolder.at(run).readConfig()).containsEntry("data", link.toString());
    }

    @Test
    void otherDataIsRefusedWithTheDifference() {
        train();
        Path other = SmallMnist.write(folder.resolve("other"), 620, 50);

        CommandRun refused = resume("--epochs", "3", "--data", other.toString());

        assertThat(refused.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(refused.err())
                .contains("started on 640 images, now there are 620")
                .doesNotContain("are those of");
        assertThat(RunFolder.at(run).readConfig()).containsEntry("data", data.toString());
    }

    @Test
    void moreEpochsSayWhatBecomesOfTheLearningRate() {
        train();
        assertThat(resume("--epochs", "4").err())
                .containsPattern("cosine now runs over 4 epochs instead of 2, so the learning rate jumps from"
                        + " \\d\\S+ to 0\\.00\\d");
        assertThat(resume("--epochs", "4").err()).doesNotContain("jumps");
    }

    @Test
    void nothingIsSaidOfALearningRateThatStays() {
        train("--schedule", "constant");
        assertThat(resume("--epochs", "4").err()).contains("epoch 4/4").doesNotContain("jumps");
    }

    @Test
    void aDamagedConfigurationIsTakenFromTheCheckpoint() throws IOException {
        train("--seed", "17");
        String whole = Files.readString(run.resolve("config.yaml"));
        String[] damages = {
            "",
            "\0\0\0",
            whole.substring(0, whole.indexOf("device")),
            whole.substring(0, whole.length() - 3),
            whole.substring(0, whole.indexOf("augmentation") + 4)
        };
        for (String damaged : damages) {
            Files.writeString(run.resolve("config.yaml"), damaged);
            CommandRun evaluated = CommandRun.of("eval", run.toString());
            assertThat(evaluated.out()).contains("on MNIST in " + data + ", 50 images");
            CommandRun resumed = resume("--epochs", "2");
            assertThat(resumed.exitCode()).as(resumed.err()).isZero();
            assertThat(Files.readString(run.resolve("config.yaml"))).isEqualTo(whole);
        }
        Files.writeString(run.resolve("config.yaml"), "");
        try (var checkpoints = Files.list(run.resolve("checkpoints"))) {
            checkpoints.forEach(file -> file.toFile().delete());
        }
        CommandRun lost = resume();
        assertThat(lost.exitCode()).isEqualTo(ExitCodes.FAILURE);
        assertThat(lost.err()).contains("config.yaml", "no checkpoint has what it was");
    }

    @Test
    void aLostConfigurationIsTakenFromTheCheckpoint() throws IOException {
        train();
        Files.delete(run.resolve("config.yaml"));
        assertThat(CommandRun.of("eval", run.toString()).out()).contains("on MNIST in " + data + ", 50 images");
        assertThat(resume("--epochs", "3").err()).contains("epoch 3/3");
    }

    @Test
    void lostBestWeightsAreSaidAndReplaced() throws IOException {
        train();
        Path best = run.resolve("best.safetensors");
        byte[] whole = Files.readAllBytes(best);
        Files.delete(best);
        CommandRun done = resume("--epochs", "2");
        assertThat(done.exitCode()).as(done.err()).isZero();
        assertThat(done.out()).doesNotContain("best.safetensors");

        Files.write(best, Arrays.copyOf(whole, whole.length / 2));
        CommandRun resumed = resume("--epochs", "3");
        assertThat(resumed.exitCode()).as(resumed.err()).isZero();
        assertThat(Files.size(best)).isGreaterThan(whole.length / 2);
        assertThat(CommandRun.of("eval", run.toString(), "--use", "best").out()).contains("epoch 3");
    }

    @Test
    void aRunThatIsTrainedInIsRefusedWithItsProcess() {
        train();
        try (RunFolder.Hold held = RunFolder.open(run).hold()) {
            for (CommandRun refused : new CommandRun[] {
                resume("--epochs", "3"), CommandRun.of("train", "--model", "linear", "--run", run.toString())
            }) {
                TandemCommandTest.assertOneLine(refused, ExitCodes.FAILURE);
                assertThat(refused.err())
                        .contains("process " + ProcessHandle.current().pid())
                        .contains("trains in it");
            }
        }
        assertThat(resume("--epochs", "3").exitCode()).isZero();
    }

    @Test
    void automaticNamesAreNeverShared() throws IOException {
        java.time.LocalDateTime now = java.time.LocalDateTime.of(2026, 1, 31, 14, 25, 1);
        Path runs = folder.resolve("runs");
        assertThat(Runs.create(runs, "linear", now)).isEqualTo(runs.resolve("20260131-142501-linear"));
        java.util.Set<Path> made = java.util.concurrent.ConcurrentHashMap.newKeySet();
        java.util.stream.IntStream.range(0, 40).parallel().forEach(i -> assertThat(
                        made.add(Runs.create(runs, "linear", now)))
                .isTrue());
        assertThat(made).hasSize(40).contains(runs.resolve("20260131-142501-linear-41"));
    }
}
