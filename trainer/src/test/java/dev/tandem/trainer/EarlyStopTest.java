package dev.tandem.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.io.SafeTensors;
import dev.tandem.nn.Module;
import dev.tandem.nn.Weights;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** However a training ends, it leaves a result and gives back what it took. */
class EarlyStopTest extends OnBrightness {
    private static byte[] values(Module network) {
        return Weights.toHost(network).get("fc.weight").data().toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] saved(Path file) {
        return SafeTensors.read(file).tensors().get("fc.weight").data().toArray(ValueLayout.JAVA_BYTE);
    }

    private void assertResumesToTheEnd(byte[] unbroken) {
        Module resumed = network();
        TrainingResult result = training(resumed)
                .runFolder(RunFolder.open(folder.resolve("run")))
                .resume(true)
                .train();
        assertThat(result.completed()).isTrue();
        assertThat(values(resumed)).isEqualTo(unbroken);
        assertThat(saved(result.weights())).isEqualTo(unbroken);
    }

    private byte[] unbroken() {
        Module network = network();
        training(network).train();
        return values(network);
    }

    @Test
    void anEarlyStopIsAResult() throws IOException {
        Module network = network();
        TrainingResult result = training(network)
                .callback(atStep(7, Trainer::requestStop))
                .runFolder(RunFolder.create(folder.resolve("run")))
                .train();

        assertThat(result.completed()).isFalse();
        assertThat(result.steps()).isEqualTo(7);
        assertThat(result.epochs()).isEqualTo(1);
        assertThat(result.weights()).isEqualTo(folder.resolve("run/final.safetensors"));
        assertThat(saved(result.weights())).isEqualTo(values(network));
        assertThat(result.bestWeights())
                .isEqualTo(folder.resolve("run/best.safetensors"))
                .exists();
        assertThat(result.bestEpoch()).isEqualTo(1);
        assertThat(result.validation()).isNotNull();
        assertThat(Files.readAllLines(folder.resolve("run/metrics.jsonl"))).hasSize(1);
        assertResumesToTheEnd(unbroken());
    }

    @Test
    void aStopAtAnEpochsEndIsAResult() {
        Module network = network();
        TrainingResult result = training(network)
                .callback(new Callback() {
                    @Override
                    public void onEpoch(Trainer trainer, Epoch epoch) {
                        trainer.requestStop();
                    }
                })
                .runFolder(RunFolder.create(folder.resolve("run")))
                .train();

        assertThat(result.steps()).isEqualTo(5);
        assertThat(saved(result.weights())).isEqualTo(values(network));
        assertThat(result.bestWeights()).exists();
        assertResumesToTheEnd(unbroken());
    }

    @Test
    void aStopBeforeTheFirstStepLeavesARunToGoOnWith() {
        Trainer trainer = training(network())
                .runFolder(RunFolder.create(folder.resolve("run")))
                .build();
        trainer.requestStop();
        TrainingResult result = trainer.run();

        assertThat(result.steps()).isZero();
        assertThat(result.completed()).isFalse();
        assertThat(result.weights()).exists();
        assertThat(result.bestWeights()).isNull();
        assertResumesToTheEnd(unbroken());
    }

    @Test
    void aStopWithoutValidationOrFromAnotherThreadIsAResult() throws InterruptedException {
        TrainingResult result = training(network())
                .validateOn(null)
                .callback(atStep(2, trainer -> {
                    CountDownLatch asked = new CountDownLatch(1);
                    Thread.ofPlatform().start(() -> {
                        trainer.requestStop();
                        asked.countDown();
                    });
                    try {
                        asked.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }))
                .runFolder(RunFolder.create(folder.resolve("run")))
                .train();

        assertThat(result.steps()).isEqualTo(2);
        assertThat(result.weights()).exists();
        assertThat(result.bestWeights()).isNull();
        assertThat(result.bestEpoch()).isZero();
        assertThat(result.trainLoss()).as("of the steps that there were").isPositive();
    }

    @Test
    void aCallbackThatFailsLeavesTheCheckpointAndFreesTheFolder() {
        assertThatThrownBy(() -> training(network())
                        .callback(atStep(8, trainer -> {
                            throw new IllegalStateException("mine");
                        }))
                        .runFolder(RunFolder.create(folder.resolve("run")))
                        .train())
                .hasMessage("mine");
        assertResumesToTheEnd(unbroken());
    }

    @Test
    void aTrainerRunsOnce() {
        Trainer trainer = training(network()).build();
        trainer.run();
        assertThatThrownBy(trainer::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("build another one");
    }

    /** Those of loaders and decoders. */
    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("tandem-data.*|ForkJoinPool-.*"))
                .count();
    }

    private static long residentMebibytes() throws IOException {
        return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * 4096 >> 20;
    }

    /** Batches of 16 MiB, of which a loader holds four. */
    private TrainerBuilder onPhotos() {
        return training(network())
                .trainOn(new Brightness(1 << 20, index -> index % 3, true))
                .batchSize(1 << 20);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void onlyARunningTrainerHoldsMemoryAndThreads() throws IOException {
        training(network()).runFolder(RunFolder.create(folder.resolve("run"))).train();
        long threads = threads();
        long before = residentMebibytes();
        List<Trainer> never = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            never.add(onPhotos().build());
            assertThatThrownBy(() -> onPhotos()
                            .runFolder(RunFolder.open(folder.resolve("run")))
                            .resume(true)
                            .train())
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(never).allMatch(trainer -> trainer.batchesPerEpoch() == 1);
        assertThat(residentMebibytes() - before)
                .as("ten loaders would take 640")
                .isLessThan(200);
        assertThat(threads()).isEqualTo(threads);

        long[] running = new long[1];
        assertThatThrownBy(() -> onPhotos()
                        .callback(atStep(1, trainer -> {
                            running[0] = threads();
                            throw new IllegalStateException("mine");
                        }))
                        .train())
                .hasMessage("mine");
        assertThat(running[0]).as("while it runs").isGreaterThan(threads);
        assertThat(threads()).as("after it failed").isEqualTo(threads);
    }
}
