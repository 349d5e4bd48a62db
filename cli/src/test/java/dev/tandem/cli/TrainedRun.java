package dev.tandem.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** LeNet-5 on six thousand digits, trained once for all tests: it gets about 19 of 20 right. */
final class TrainedRun {
    private static TrainedRun instance;

    final Path data;
    final Path folder;
    final CommandRun training;

    private TrainedRun(Path root) {
        data = SmallMnist.write(root.resolve("digits"), 6000, 500);
        folder = root.resolve("run");
        training = CommandRun.of(
                "train",
                "--data",
                data.toString(),
                "--epochs",
                "4",
                "--batch",
                "64",
                "--learning-rate",
                "0.05",
                "--threads",
                "1",
                "--run",
                folder.toString(),
                "--json");
        assertThat(training.exitCode()).as(training.err()).isZero();
    }

    static synchronized TrainedRun get() {
        if (instance == null) {
            try {
                Path root = Files.createTempDirectory("tandem-run");
                Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(root)));
                instance = new TrainedRun(root);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return instance;
    }

    private static void delete(Path root) {
        try (java.util.stream.Stream<Path> files = Files.walk(root)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            // The system clears its temporary folder some day.
        }
    }
}
