package dev.tandem.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.tandem.io.BrokenFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Run folders, whatever killed processes left in them, and whoever else is at work there. */
class RunFolderTest extends OnBrightness {
    private Path path() {
        return folder.resolve("run");
    }

    private void train(int epochs) {
        training(network()).epochs(epochs).runFolder(RunFolder.create(path())).train();
    }

    private TrainingResult goOn() {
        return training(network())
                .runFolder(RunFolder.open(path()))
                .resume(true)
                .train();
    }

    private List<Integer> epochs() throws IOException {
        return Files.readAllLines(path().resolve("metrics.jsonl")).stream()
                .map(line -> Integer.parseInt(line.replaceFirst("\\{\"epoch\":(\\d+),.*\\}", "$1")))
                .toList();
    }

    @Test
    void aTornLastLineOfMetricsIsDropped() throws IOException {
        for (String torn : new String[] {
            "{\"epoch\":3,\"st",
            "\0\0\0\0\0\0",
            "\0\0\n\0",
            "{\"epoch\":",
            "{}",
            "17",
            "{\"epoch\":2}{\"ep",
            "\n\n",
            "\u00e4"
        }) {
            delete();
            train(2);
            Files.write(
                    path().resolve("metrics.jsonl"),
                    torn.getBytes(StandardCharsets.ISO_8859_1),
                    StandardOpenOption.APPEND);
            assertThat(goOn().completed()).as(torn).isTrue();
            assertThat(epochs()).as(torn).containsExactly(1, 2, 3);
        }
    }

    @Test
    void metricsThatAreEmptyOrGoneAreBegunAgain() throws IOException {
        train(2);
        Files.write(path().resolve("metrics.jsonl"), new byte[0]);
        goOn();
        assertThat(epochs()).containsExactly(3);
        delete();
        train(2);
        Files.delete(path().resolve("metrics.jsonl"));
        goOn();
        assertThat(epochs()).containsExactly(3);
    }

    private void delete() throws IOException {
        if (Files.exists(path())) {
            try (var files = Files.walk(path())) {
                files.sorted(java.util.Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
    }

    @Test
    void aDamagedConfigurationIsInTheCheckpoint() throws IOException {
        RunFolder run = RunFolder.create(path());
        run.writeConfig(Map.of("model", "small", "epochs", 3));
        training(network()).runFolder(run).train();
        for (byte[] damage : new byte[][] {{}, {0, 0, 0}, "{".getBytes(StandardCharsets.UTF_8), {(byte) 0xff}}) {
            Files.write(path().resolve("config.yaml"), damage);
            RunFolder again = RunFolder.open(path());
            assertThatThrownBy(again::readConfig)
                    .isInstanceOf(BrokenFileException.class)
                    .hasMessageContaining("config.yaml");
            assertThat(again.configInCheckpoint().orElseThrow())
                    .containsEntry("model", "small")
                    .containsEntry("epochs", 3);
        }
    }

    @Test
    void aRunWhoseCheckpointsAreAllDamagedSaysSo() throws IOException {
        train(2);
        try (var checkpoints = Files.list(path().resolve("checkpoints"))) {
            for (Path file : checkpoints.toList()) {
                Files.write(file, new byte[12]);
            }
        }
        assertThatThrownBy(this::goOn)
                .isInstanceOf(BrokenFileException.class)
                .hasMessageContaining("step-000000005.safetensors")
                .hasMessageContaining("all checkpoints of the run")
                .hasMessageContaining("best.safetensors");
    }

    @Test
    void whatKilledWritersLeftIsClearedAway() throws IOException {
        train(1);
        Path remains = path().resolve("checkpoints/.step-000000009.safetensors.0123456789abcdef.tmp");
        Files.write(remains, new byte[9]);
        Files.write(path().resolve(".config.yaml.0123456789abcdef.tmp"), new byte[9]);
        goOn();
        try (var files = Files.walk(path())) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.endsWith(".tmp"));
        }
    }

    @Test
    void aFolderThatIsTrainedInIsRefusedToOthersOfTheProcess() throws Exception {
        Files.createSymbolicLink(folder.resolve("link"), path());
        List<Throwable> refused = new ArrayList<>();
        TrainingResult result = training(network())
                .runFolder(RunFolder.create(path()))
                .callback(atStep(
                        6,
                        trainer -> { // there is a checkpoint
                            Thread other = Thread.ofPlatform().start(() -> {
                                refused.add(catchThrowable(() -> RunFolder.open(path())));
                                refused.add(catchThrowable(() -> RunFolder.open(folder.resolve("link"))));
                                refused.add(catchThrowable(() -> RunFolder.create(path())));
                            });
                            try {
                                other.join();
                            } catch (InterruptedException e) {
                                throw new AssertionError(e);
                            }
                        }))
                .train();
        assertThat(refused).hasSize(3).allSatisfy(each -> assertThat(each)
                .isInstanceOf(RunInUseException.class)
                .hasMessageContaining(": process " + ProcessHandle.current().pid() + " on ")
                .hasMessageContaining(" trains in it"));
        assertThat(result.completed()).isTrue();
        assertThat(RunFolder.open(path()).hasCheckpoint()).as("free again").isTrue();
    }

    @Test
    void twoNewRunsDoNotShareAFolder() {
        RunFolder one = RunFolder.create(path());
        RunFolder other = RunFolder.create(path()); // nothing is in it yet
        training(network()).runFolder(one).train();
        assertThatThrownBy(() -> training(network()).runFolder(other).train())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it holds a run already");
        training(network()).runFolder(one).resume(true).train();
    }

    /** {@code flock} would be another lock than Java's: so another Java it is. */
    @Test
    void theLockOfAProcessNamesItAndEndsWithIt() throws Exception {
        train(1);
        Path source = folder.resolve("Locks.java");
        Files.writeString(source, """
                import java.nio.ByteBuffer;
                import java.nio.channels.FileChannel;
                import java.nio.file.*;
                class Locks {
                    public static void main(String[] arguments) throws Exception {
                        FileChannel file = FileChannel.open(
                                Path.of(arguments[0]), StandardOpenOption.WRITE, StandardOpenOption.CREATE);
                        file.lock(1 << 20, 1, false);
                        file.write(ByteBuffer.wrap(("process " + ProcessHandle.current().pid()).getBytes()));
                        System.out.println("locked");
                        Thread.sleep(600_000);
                    }
                }
                """);
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        source.toString(),
                        path().resolve(".lock").toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(other.inputReader().readLine()).isEqualTo("locked");
            assertThatThrownBy(this::goOn)
                    .isInstanceOf(RunInUseException.class)
                    .hasMessageContaining("process " + other.pid() + " trains in it");
        } finally {
            other.destroyForcibly();
        }
        assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(path().resolve(".lock")))
                .as("it stays behind")
                .isNotEmpty();
        assertThat(goOn().completed()).isTrue();
    }
}
