package dev.tandem.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.data.Augmentation;
import dev.tandem.data.InMemoryDataset;
import dev.tandem.data.Normalization;
import dev.tandem.io.HostTensor;
import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Dropout;
import dev.tandem.nn.Flatten;
import dev.tandem.nn.GlobalAvgPool;
import dev.tandem.nn.Initializers;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.Parameter;
import dev.tandem.nn.ReLU;
import dev.tandem.nn.Sequential;
import dev.tandem.nn.Weights;
import dev.tandem.optim.Adam;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Schedule;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FreezingTest {
    private static final NetworkSpec SPEC =
            new NetworkSpec("small", 1, 12, 12, List.of("dark", "bright", "mixed"), Normalization.zeroToOne(1));
    private static final int STEPS = 13; // an epoch's: 210 images, batches of 16

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

    private Module network() {
        Module network = new Sequential()
                .add("stem", new Sequential(new Conv2d(1, 4, 3), new BatchNorm2d(4), new ReLU()))
                .add("block", new Sequential(new Conv2d(4, 6, 3), new BatchNorm2d(6), new ReLU()))
                .add("pool", new GlobalAvgPool())
                .add("flat", new Flatten())
                .add("drop", new Dropout(0.2f))
                .add("head", new Linear(6, 3));
        network.initialize(device, 7);
        return network;
    }

    private TrainerBuilder training(Module network, Freezing freezing) {
        freezing.apply(network, 1);
        Optimizer optimizer =
                new Adam(network, 0.01f).weightDecay(1e-3f).group("stem", 0.1f).group("block", 0.3f);
        return Trainer.builder(network, SPEC)
                .trainOn(images(210, 1))
                .validateOn(images(60, 2))
                .optimizer(optimizer)
                .freezing(freezing)
                .learningRate(Schedule.cosine(0.01, 0, 4 * STEPS))
                .augmentation(new Augmentation(1, true))
                .batchSize(16)
                .epochs(4)
                .seed(5);
    }

    private static List<String> changed(Map<String, HostTensor> before, Map<String, HostTensor> after) {
        return before.keySet().stream()
                .filter(name -> !before.get(name).contentEquals(after.get(name)))
                .toList();
    }

    @Test
    void whatIsFrozenStaysBitForBitWithItsStatistics() {
        Module network = network();
        Map<String, HostTensor> before = Weights.toHost(network);

        training(network, Freezing.of("stem", "block")).train();

        assertThat(changed(before, Weights.toHost(network))).containsExactly("head.weight", "head.bias");
    }

    @Test
    void aFrozenBatchNormComputesInTrainingWhatItDoesInEvaluation() {
        Module network = network();
        Freezing.of("stem").apply(network, 1);
        Module stem = network.children().get("stem");
        try (Scope scope = Scope.open()) {
            Tensor x = device.random().uniform(8, 1, 12, 12);
            float[] training =
                    network.setTraining(true).children().get("stem").apply(x).toFloatArray();
            network.setTraining(false);
            assertThat(training).isEqualTo(stem.apply(x).toFloatArray());
        }
    }

    @Test
    void aFrozenPartRecordsNothingForBackward() {
        Module network = network();
        Freezing.of("stem", "block").apply(network, 1);
        network.flatParameters().gradients();
        try (Scope scope = Scope.open()) {
            Tensor x = device.random().uniform(8, 1, 12, 12);
            Tensor features = network.children()
                    .get("block")
                    .apply(network.children().get("stem").apply(x));
            assertThat(features.requiresGradient()).isFalse();
            network.apply(x).sum().backward();
        }
        assertThat(network.parameters().values().stream()
                        .filter(parameter -> parameter.value().gradient() != null)
                        .map(Parameter::path))
                .containsExactly("head.weight", "head.bias");
        assertThat(network.flatParameters().gradients().elements()).isLessThan(64);
    }

    @Test
    void partsAreTrainedFromTheirEpochOn() {
        Freezing freezing = Freezing.of("stem", "block").unfreeze(2, "block").unfreeze(4);
        List<String> head = List.of("head.weight", "head.bias");
        assertThat(trainedAfter(1, freezing)).containsExactlyElementsOf(head);
        assertThat(trainedAfter(3, freezing))
                .containsAll(head)
                .contains("block.0.weight", "block.1.weight", "block.1.running_mean")
                .noneMatch(name -> name.startsWith("stem"));
        assertThat(trainedAfter(4, freezing)).contains("stem.0.weight", "stem.1.bias", "stem.1.running_var");
    }

    private List<String> trainedAfter(int epochs, Freezing freezing) {
        Module network = network();
        Map<String, HostTensor> before = Weights.toHost(network);
        training(network, freezing).epochs(epochs).train();
        return changed(before, Weights.toHost(network));
    }

    @Test
    void keptStatisticsStayWhileTheirLayersLearn() {
        Module network = network();
        Map<String, HostTensor> before = Weights.toHost(network);

        training(network, Freezing.NONE.keepStatistics()).train();

        assertThat(changed(before, Weights.toHost(network)))
                .contains("stem.0.weight", "stem.1.weight")
                .noneMatch(name -> name.contains("running"));
    }

    /** Stopped in the middle of the frozen epochs, at the step before unfreezing, at the first after it, and later. */
    @ParameterizedTest
    @ValueSource(ints = {7, 2 * STEPS, 2 * STEPS + 1, 3 * STEPS + 4})
    void resumingAcrossTheUnfreezingEpochGivesBitIdenticalWeights(int stopAt) {
        Freezing freezing = Freezing.of("stem", "block").unfreeze(3, "block").unfreeze(4);
        Module unbroken = network();
        training(unbroken, freezing).train();

        TrainerBuilder first = training(network(), freezing).runFolder(RunFolder.create(folder.resolve("run")));
        first.callback(new Callback() {
            @Override
            public void onStep(Trainer trainer, Step step) {
                if (step.step() == stopAt) {
                    trainer.requestStop();
                }
            }
        });
        assertThat(first.train().completed()).isFalse();
        Module resumed = network();
        TrainingResult result = training(resumed, freezing)
                .runFolder(RunFolder.open(folder.resolve("run")))
                .resume(true)
                .train();

        assertThat(result.steps()).isEqualTo(4 * STEPS);
        assertThat(changed(Weights.toHost(unbroken), Weights.toHost(resumed))).isEmpty();
    }

    /** Between epochs too, where the checkpoint's optimizer knows nothing yet of what is unfrozen next. */
    @Test
    void aRunOfTwoEpochsIsContinuedThroughTheUnfreezing() {
        Freezing freezing = Freezing.of("stem", "block").unfreeze(3);
        Module unbroken = network();
        training(unbroken, freezing).train();

        training(network(), freezing)
                .epochs(2)
                .runFolder(RunFolder.create(folder.resolve("run")))
                .train();
        Module resumed = network();
        training(resumed, freezing)
                .runFolder(RunFolder.open(folder.resolve("run")))
                .resume(true)
                .train();

        assertThat(changed(Weights.toHost(unbroken), Weights.toHost(resumed))).isEmpty();
    }

    /** An Adam that corrected by the whole run's steps would move several times as far (Kingma and Ba 2014, section 3). */
    @Test
    void adamBeginsAnewWithWhatIsUnfrozen() {
        Module network = network();
        Freezing.of("stem").apply(network, 1);
        Adam adam = new Adam(network, 0.01f);
        for (int i = 0; i < 20; i++) {
            step(network, adam);
        }
        float[] before = network.parameters().get("stem.0.weight").value().toFloatArray();
        Freezing.of("stem").unfreeze(2).apply(network, 2);
        step(network, adam);
        float[] after = network.parameters().get("stem.0.weight").value().toFloatArray();

        for (int i = 0; i < before.length; i++) { // the first step of Adam is the learning rate, whatever the gradient
            assertThat(Math.abs(after[i] - before[i])).isCloseTo(0.01f, within(1e-4f));
        }
    }

    private void step(Module network, Optimizer optimizer) {
        try (Scope scope = Scope.open()) {
            optimizer.clearGradients();
            Tensor x = device.random().uniform(8, 1, 12, 12);
            network.apply(x).multiply(network.apply(x)).sum().backward();
            optimizer.step();
        }
    }

    /** The frozen layer's only output is the mean brightness, which tells the classes apart. */
    @Test
    void aHeadLearnsOnFrozenFeaturesThatTellTheClasses() {
        Sequential network = new Sequential()
                .add("mean", new Conv2d(1, 1, 12).init(Initializers.constant(1f / 144)))
                .add("flat", new Flatten())
                .add("head", new Linear(1, 3));
        network.initialize(device, 3);

        TrainingResult result = Trainer.builder(network, SPEC)
                .trainOn(images(210, 1))
                .validateOn(images(60, 2))
                .freezing(Freezing.of("mean"))
                .optimizer(new Sgd(network, 1).momentum(0.9f))
                .learningRate(Schedule.constant(1))
                .batchSize(16)
                .epochs(20)
                .train();

        assertThat(result.validation().top1()).isEqualTo(1);
    }

    @Test
    void aNameThatTheNetworkHasNotIsRefused() {
        Module network = network();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Freezing.of("features").apply(network, 1))
                .withMessageContaining("features")
                .withMessageContaining("stem, block, head");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Freezing.of("stem").unfreeze(2, "blok").apply(network, 1))
                .withMessageContaining("blok");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Freezing.of("stem").unfreeze(0));
    }

    @Test
    void freezingEverythingIsRefused() {
        Module network = network();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Trainer.builder(network, SPEC)
                        .trainOn(images(30, 1))
                        .freezing(Freezing.of("*"))
                        .build())
                .withMessageContaining("nothing is left to train in epoch 1");
    }
}
