package dev.tandem.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.data.Augmentation;
import dev.tandem.data.InMemoryDataset;
import dev.tandem.data.Normalization;
import dev.tandem.io.HostTensor;
import dev.tandem.io.SafeTensors;
import dev.tandem.models.ModelOptions;
import dev.tandem.models.Models;
import dev.tandem.nn.AuxiliaryHeads;
import dev.tandem.nn.Dropout;
import dev.tandem.nn.Flatten;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.ReLU;
import dev.tandem.nn.Sequential;
import dev.tandem.nn.Weights;
import dev.tandem.optim.Adam;
import dev.tandem.optim.Plateau;
import dev.tandem.optim.Schedule;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
    private static final NetworkSpec SPEC =
            new NetworkSpec("small", 1, 12, 12, List.of("dark", "bright", "mixed"), Normalization.zeroToOne(1));

    @TempDir
    Path folder;

    private Device device;

    @BeforeEach
    void open() {
        device = Device.open("cpu", DeviceOptions.DEFAULT.withThreads(2));
    }

    @AfterEach
    void close() {
        device.close();
    }

    /** Three classes that brightness tells apart. */
    private static InMemoryDataset images(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] labels = new byte[count];
        byte[] pixels = new byte[count * 144];
        for (int i = 0; i < count; i++) {
            labels[i] = (byte) (i % 3);
            int base = new int[] {20, 200, 110}[i % 3];
            for (int p = 0; p < 144; p++) {
                pixels[i * 144 + p] = (byte) (base + random.nextInt(40));
            }
        }
        return new InMemoryDataset("brightness", 1, 12, 12, SPEC.classNames(), labels, pixels);
    }

    /** With dropout, so that random numbers matter. */
    private Module network() {
        Module network =
                new Sequential(new Flatten(), new Linear(144, 32), new ReLU(), new Dropout(0.3f), new Linear(32, 3));
        network.initialize(device, 7);
        return network;
    }

    private TrainerBuilder training(Module network) {
        return Trainer.builder(network, SPEC)
                .trainOn(images(210, 1))
                .validateOn(images(60, 2))
                .optimizer(new Adam(network, 0.01f))
                .learningRate(new Plateau(Schedule.cosine(0.01, 0, 60)).patience(0))
                .augmentation(new Augmentation(1, true))
                .batchSize(16)
                .epochs(4)
                .seed(5);
    }

    private static void assertSame(Map<String, HostTensor> actual, Map<String, HostTensor> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, tensor) ->
                assertThat(actual.get(name).contentEquals(tensor)).as(name).isTrue());
    }

    /** Plain SGD without decay, one step: a head moves by its own gradient times its weight. */
    @Test
    void auxiliaryHeadsLearnByTheirWeight() {
        InMemoryDataset images = images(6, 1);
        AuxiliaryHeads network = new AuxiliaryHeads(0.3f);
        network.add("flatten", new Flatten());
        network.head("aux", new Linear(144, 3)).add("fc", new Linear(144, 3));
        network.initialize(device, 3);
        Map<String, float[]> start = new HashMap<>();
        network.parameters()
                .forEach((name, parameter) -> start.put(name, parameter.value().toFloatArray()));

        Trainer.builder(network, SPEC)
                .trainOn(images)
                .optimizer(new Sgd(network, 0.5f))
                .learningRate(Schedule.constant(0.5))
                .batchSize(6)
                .epochs(1)
                .train();

        network.parameters().forEach((name, parameter) -> {
            double[] gradient = gradient(images, start, name);
            double weight = name.startsWith("aux.") ? 0.3 : 1;
            float[] after = parameter.value().toFloatArray();
            for (int i = 0; i < after.length; i++) {
                assertThat((double) after[i])
                        .as(name + " " + i)
                        .isCloseTo(start.get(name)[i] - 0.5 * weight * gradient[i], within(1e-5));
            }
        });
    }

    /** Of the mean cross-entropy of one linear classifier's logits: (softmax − one-hot) ⊗ pixels. */
    private static double[] gradient(InMemoryDataset images, Map<String, float[]> start, String name) {
        String layer = name.substring(0, name.indexOf('.'));
        float[] weight = start.get(layer + ".weight");
        float[] bias = start.get(layer + ".bias");
        double[] gradient = new double[start.get(name).length];
        for (int image = 0; image < images.size(); image++) {
            byte[] pixels = new byte[144];
            images.copyPixels(image, MemorySegment.ofArray(pixels), 0);
            double[] exponentials = new double[3];
            double sum = 0;
            for (int c = 0; c < 3; c++) {
                double logit = bias[c];
                for (int p = 0; p < 144; p++) {
                    logit += weight[c * 144 + p] * ((pixels[p] & 0xff) / 255.0);
                }
                exponentials[c] = Math.exp(logit);
                sum += exponentials[c];
            }
            for (int c = 0; c < 3; c++) {
                double ofLogit = (exponentials[c] / sum - (images.label(image) == c ? 1 : 0)) / images.size();
                for (int p = 0; name.endsWith("weight") && p < 144; p++) {
                    gradient[c * 144 + p] += ofLogit * ((pixels[p] & 0xff) / 255.0);
                }
                gradient[c] += name.endsWith("bias") ? ofLogit : 0;
            }
        }
        return gradient;
    }

    @Test
    void learnsWhatIsEasy() {
        TrainingResult result = training(network())
                .learningRate(Schedule.constant(0.01))
                .epochs(30)
                .train();
        assertThat(result.completed()).isTrue();
        assertThat(result.steps()).isEqualTo(30 * 13);
        assertThat(result.validation().top1()).isGreaterThan(0.95);
        assertThat(result.validation().images()).isEqualTo(60);
    }

    @Test
    void resumingMidEpochGivesBitIdenticalWeights() {
        Module unbroken = network();
        training(unbroken).runFolder(RunFolder.create(folder.resolve("a"))).train();

        Module stopped = network();
        TrainerBuilder first = training(stopped).runFolder(RunFolder.create(folder.resolve("b")));
        first.callback(new Callback() {
            @Override
            public void onStep(Trainer trainer, Step step) {
                if (step.step() == 20) { // the 7th batch of the 2nd epoch
                    trainer.requestStop();
                }
            }
        });
        assertThat(first.train().completed()).isFalse();

        Module resumed = network();
        TrainingResult result = training(resumed)
                .runFolder(RunFolder.open(folder.resolve("b")))
                .resume(true)
                .train();
        assertThat(result.completed()).isTrue();
        assertThat(result.steps()).isEqualTo(4 * 13);
        assertSame(Weights.toHost(resumed), Weights.toHost(unbroken));
        assertSame(
                SafeTensors.read(folder.resolve("b/final.safetensors")).tensors(),
                SafeTensors.read(folder.resolve("a/final.safetensors")).tensors());
    }

    @Test
    void stoppingInTheLastStepOfAnEpochLeavesTheEpochToTheResumedRun() {
        Module unbroken = network();
        training(unbroken).train();
        TrainerBuilder first = training(network()).runFolder(RunFolder.create(folder.resolve("b")));
        first.callback(new Callback() {
            @Override
            public void onStep(Trainer trainer, Step step) {
                if (step.step() == 26) { // the last batch of the 2nd epoch
                    trainer.requestStop();
                }
            }
        });
        assertThat(first.train().completed()).isFalse();
        Module resumed = network();
        TrainingResult result = training(resumed)
                .runFolder(RunFolder.open(folder.resolve("b")))
                .resume(true)
                .train();
        assertThat(result.epochs()).isEqualTo(4);
        assertSame(Weights.toHost(resumed), Weights.toHost(unbroken));
    }

    @Test
    void resumedMetricsEqualThoseOfAnUnbrokenRun() throws IOException {
        training(network()).runFolder(RunFolder.create(folder.resolve("a"))).train();
        TrainerBuilder first = training(network()).runFolder(RunFolder.create(folder.resolve("b")));
        first.callback(new Callback() {
            @Override
            public void onStep(Trainer trainer, Step step) {
                if (step.step() == 33) {
                    trainer.requestStop();
                }
            }
        });
        first.train();
        training(network())
                .runFolder(RunFolder.open(folder.resolve("b")))
                .resume(true)
                .train();
        assertThat(withoutTimes(folder.resolve("b/metrics.jsonl")))
                .isEqualTo(withoutTimes(folder.resolve("a/metrics.jsonl")));
    }

    private static List<String> withoutTimes(Path metrics) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(metrics)) {
            lines.add(line.substring(0, line.indexOf("\"imagesPerSecond\"")));
        }
        assertThat(lines).hasSize(4);
        return lines;
    }

    @Test
    void aDamagedCheckpointIsPassedOverForTheOneBeforeIt() throws IOException {
        Module unbroken = network();
        training(unbroken).train();
        TrainerBuilder first = training(network())
                .runFolder(RunFolder.create(folder.resolve("b")))
                .checkpointEvery(5);
        first.callback(new Callback() {
            @Override
            public void onStep(Trainer trainer, Step step) {
                if (step.step() == 23) {
                    trainer.requestStop();
                }
            }
        });
        first.train();
        RunFolder run = RunFolder.open(folder.resolve("b"));
        Path newest = run.checkpoints().get(0);
        byte[] bytes = Files.readAllBytes(newest);
        Files.write(newest, java.util.Arrays.copyOf(bytes, bytes.length - 100));
        Module resumed = network();
        training(resumed).runFolder(run).resume(true).train();
        assertSame(Weights.toHost(resumed), Weights.toHost(unbroken));
    }

    @Test
    void keepsTheLastCheckpointsOnly() {
        training(network())
                .runFolder(RunFolder.create(folder.resolve("a")))
                .checkpointEvery(4)
                .keepCheckpoints(2)
                .train();
        assertThat(RunFolder.open(folder.resolve("a")).checkpoints())
                .extracting(file -> file.getFileName().toString())
                .containsExactly("step-000000052.safetensors", "step-000000048.safetensors");
    }

    @Test
    void aRunFolderIsNotOverwritten() {
        training(network()).runFolder(RunFolder.create(folder.resolve("a"))).train();
        assertThatThrownBy(() -> RunFolder.create(folder.resolve("a")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("it holds a run already");
    }

    @Test
    void resumingWithAnotherBatchSizeIsRefused() {
        training(network())
                .runFolder(RunFolder.create(folder.resolve("a")))
                .epochs(1)
                .train();
        assertThatThrownBy(() -> training(network())
                        .batchSize(8)
                        .runFolder(RunFolder.open(folder.resolve("a")))
                        .resume(true)
                        .train())
                .hasMessageContaining("started with batchSize 16, now it is 8");
    }

    @Test
    void resumingOnOtherDataIsRefused() {
        training(network())
                .runFolder(RunFolder.create(folder.resolve("a")))
                .epochs(1)
                .train();
        byte[] labels = new byte[210]; // all of the first class
        InMemoryDataset relabelled =
                new InMemoryDataset("relabelled", 1, 12, 12, SPEC.classNames(), labels, new byte[210 * 144]);

        assertThatThrownBy(() -> resume("a", images(209, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("started on 210 images, now there are 209");
        assertThatThrownBy(() -> resume("a", relabelled))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("other class names or labels (relabelled)");
    }

    @Test
    void aCheckpointThatDoesNotTellItsDataIsResumed() {
        training(network())
                .runFolder(RunFolder.create(folder.resolve("a")))
                .epochs(1)
                .train();
        Path file = folder.resolve("a").resolve("checkpoints/step-000000013.safetensors");
        SafeTensors now = SafeTensors.read(file);
        Map<String, String> before = new HashMap<>(now.metadata());
        assertThat(before.remove("trainImages")).isEqualTo("210");
        assertThat(before.remove("trainLabels")).hasSize(8);
        SafeTensors.write(file, now.tensors(), before);

        assertThat(resume("a", images(209, 1)).completed()).isTrue();
    }

    private TrainingResult resume(String run, InMemoryDataset data) {
        return training(network())
                .trainOn(data)
                .runFolder(RunFolder.open(folder.resolve(run)))
                .resume(true)
                .train();
    }

    @Test
    void resumingAnotherNetworkIsRefused() {
        training(network())
                .runFolder(RunFolder.create(folder.resolve("a")))
                .epochs(1)
                .train();
        Module other = new Sequential(new Flatten(), new Linear(144, 3));
        other.initialize(device, 0);
        assertThatThrownBy(() -> training(other)
                        .runFolder(RunFolder.open(folder.resolve("a")))
                        .resume(true)
                        .train())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("step-000000013.safetensors")
                .hasMessageContaining("1.weight is [32, 144], the network has [3, 144]");
    }

    @Test
    void aLossThatIsNoNumberStopsWithStepAndCause() {
        Module network = network();
        assertThatThrownBy(() -> training(network)
                        .optimizer(new Sgd(network, 1))
                        .learningRate(Schedule.constant(1e20))
                        .train())
                .isInstanceOf(TrainingDivergedException.class)
                .hasMessageContaining("step ")
                .hasMessageContaining("learning rate of 1.0E20 that is too high");
    }

    @Test
    void aBatchLargerThanTheDataSetIsRefused() {
        assertThatThrownBy(() -> training(network()).batchSize(211).train())
                .hasMessageContaining("batch of 211 images")
                .hasMessageContaining("210");
    }

    @Test
    void imagesOfAnotherSizeAreRefused() {
        InMemoryDataset wide = new InMemoryDataset("wide", 1, 12, 13, SPEC.classNames(), new byte[1], new byte[156]);
        assertThatThrownBy(() -> training(network()).trainOn(wide).batchSize(1).train())
                .hasMessageContaining("1×12×13")
                .hasMessageContaining("1×12×12");
    }

    @Test
    void tooLittleMemoryNamesABatchThatFits() {
        device.close();
        device = Device.open("cpu", DeviceOptions.DEFAULT.withThreads(2).withMemoryLimit(24 << 20));
        Module lenet = Models.get("lenet5").build(new ModelOptions(3, 1, 12));
        lenet.initialize(device, 1);
        InMemoryDataset data = images(6000, 3);
        assertThatThrownBy(() -> Trainer.builder(lenet, SPEC)
                        .trainOn(data)
                        .batchSize(6000)
                        .epochs(1)
                        .train())
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContaining("a batch of 6000 does not fit")
                .hasMessageContaining("a batch of about");
    }
}
