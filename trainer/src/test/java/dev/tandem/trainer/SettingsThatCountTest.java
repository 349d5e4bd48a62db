package dev.tandem.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.data.Normalization;
import dev.tandem.nn.LossReduction;
import dev.tandem.nn.Losses;
import dev.tandem.nn.Module;
import dev.tandem.optim.Plateau;
import dev.tandem.optim.Schedule;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is given to the trainer is what it goes by, and what does not fit is refused. */
class SettingsThatCountTest extends OnBrightness {
    private static Callback noting(List<Double> rates) {
        return new Callback() {
            @Override
            public void onStep(Trainer trainer, Step step) {
                rates.add(step.learningRate());
            }
        };
    }

    private static float[] weights(Module network) {
        return network.parameters().get("fc.weight").value().toFloatArray();
    }

    @Test
    void withoutAScheduleTheOptimizersOwnRateCounts() {
        List<Double> rates = new ArrayList<>();
        Module network = network();
        training(network)
                .optimizer(new Sgd(network, 0.001f))
                .callback(noting(rates))
                .train();
        Module scheduled = network();
        training(scheduled)
                .optimizer(new Sgd(scheduled, 0.5f))
                .learningRate(Schedule.constant(0.001f))
                .train();

        assertThat(rates).hasSize(15).containsOnly((double) 0.001f);
        assertThat(weights(network)).isEqualTo(weights(scheduled));
    }

    @Test
    void groupsLearnByTheirPartOfTheOptimizersOwnRate() {
        Module network = network();
        float[] before = network.parameters().get("fc.bias").value().toFloatArray();
        training(network).optimizer(new Sgd(network, 0.1f).group("fc.bias", 0)).train();

        assertThat(network.parameters().get("fc.bias").value().toFloatArray()).isEqualTo(before);
    }

    @Test
    void aRateSetByACallbackStaysAndOutlivesTheRun() {
        List<Double> rates = new ArrayList<>();
        Module unbroken = network();
        Sgd whole = new Sgd(unbroken, 0.1f);
        training(unbroken)
                .optimizer(whole)
                .callback(atStep(4, trainer -> whole.setLearningRate(0.02f)))
                .callback(noting(rates))
                .train();
        Module stopped = network();
        Sgd first = new Sgd(stopped, 0.1f);
        training(stopped)
                .optimizer(first)
                .callback(atStep(4, trainer -> first.setLearningRate(0.02f)))
                .callback(atStep(7, Trainer::requestStop))
                .runFolder(RunFolder.create(folder.resolve("run")))
                .train();
        Module resumed = network();
        training(resumed)
                .optimizer(new Sgd(resumed, 0.1f))
                .runFolder(RunFolder.open(folder.resolve("run")))
                .resume(true)
                .train();

        assertThat(rates.subList(0, 4)).containsOnly((double) 0.1f);
        assertThat(rates.subList(4, 15)).containsOnly((double) 0.02f);
        assertThat(weights(resumed)).isEqualTo(weights(unbroken));
    }

    @Test
    void validationMeasuresTheChosenLoss() throws IOException {
        Module network = network();
        TrainingResult result = training(network)
                .loss(LossFunction.named("hinge", Losses::multiClassHinge))
                .runFolder(RunFolder.create(folder.resolve("run")))
                .train();

        double hinge = Evaluator.evaluate(network, SPEC, images(9), 9, device, null, Losses::multiClassHinge)
                .loss();
        double crossEntropy =
                Evaluator.evaluate(network, SPEC, images(9), 9, device).loss();
        assertThat(result.validation().loss()).isCloseTo(hinge, within(1e-5));
        assertThat(Math.abs(hinge - crossEntropy)).isGreaterThan(0.1);
        assertThat(Files.readString(folder.resolve("run/metrics.jsonl"))).contains("\"lossFunction\":\"hinge\"");
    }

    @Test
    void validationHasTheLabelSmoothingOfTheTraining() {
        Module network = network();
        TrainingResult result =
                training(network).loss(LossFunction.crossEntropy(0.5f)).train();

        double smoothed = Evaluator.evaluate(
                        network,
                        SPEC,
                        images(9),
                        9,
                        device,
                        null,
                        (logits, labels) -> Losses.crossEntropy(logits, labels, 0.5f, LossReduction.MEAN))
                .loss();
        assertThat(result.validation().loss()).isCloseTo(smoothed, within(1e-5));
        assertThat(LossFunction.crossEntropy(0.5f).name()).isEqualTo("cross-entropy, label smoothing 0.5");
        assertThat(LossFunction.crossEntropy(0).name()).isEqualTo("cross-entropy");
    }

    /** Its loss rises from epoch to epoch, whatever the network does, so that the rate must fall. */
    @Test
    void plateauWatchesTheChosenLoss() {
        List<Double> rates = new ArrayList<>();
        double[] worse = {0};
        Module network = network();
        training(network)
                .optimizer(new Sgd(network, 0))
                .learningRate(new Plateau(Schedule.constant(0.01)).patience(0))
                .loss((logits, labels) -> {
                    Tensor loss = Losses.crossEntropy(logits, labels);
                    return network.isTraining() ? loss : loss.multiply(0).add(worse[0]++);
                })
                .callback(noting(rates))
                .train();

        assertThat(rates.get(9)).isEqualTo(0.01);
        assertThat(rates.get(10)).isCloseTo(0.001, within(1e-9));
    }

    @Test
    void whatIsForgottenIsNamed() {
        assertThatThrownBy(() -> Trainer.builder(null, SPEC)).hasMessage("trainer: the network is null");
        assertThatThrownBy(() -> Trainer.builder(network(), null))
                .hasMessage("trainer: the description of the network is null");
        assertThatThrownBy(() -> training(network()).loss(null)).hasMessage("trainer: the loss is null");
        assertThatThrownBy(() -> training(network()).callback(null)).hasMessage("trainer: the callback is null");
    }

    @Test
    void aNetworkThatWasFrozenWholeIsRefusedInThoseWords() {
        Module network = network();
        network.parameters().values().forEach(parameter -> parameter.setFrozen(true));
        assertThatThrownBy(() -> training(network).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("nothing to train: the network has no parameters that are not frozen; unfreeze some with"
                        + " setFrozen(false)");
    }

    @Test
    void anOptimizerOfAnotherNetworkIsRefused() {
        assertThatThrownBy(() ->
                        training(network()).optimizer(new Sgd(network(), 0.1f)).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("made for another network than small");
    }

    @Test
    void aLabelOutsideTheClassesIsNamedBeforeAnyStep() {
        for (int wrong : new int[] {3, -1, 300, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> training(network())
                            .trainOn(labelled(30, index -> index == 17 ? wrong : 0))
                            .build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("data set brightness: label " + wrong + " at index 17")
                    .hasMessageContaining("3 classes")
                    .hasMessageNotContaining("--");
        }
        assertThatThrownBy(() -> training(network())
                        .validateOn(labelled(9, index -> index == 8 ? 3 : 0))
                        .build())
                .hasMessageContaining("label 3 at index 8");
        assertThatThrownBy(() -> Evaluator.evaluate(network(), SPEC, labelled(9, index -> -5), 9, device))
                .hasMessageContaining("label -5 at index 0");
    }

    @Test
    void theSameClassesInAnotherOrderAreRefused() {
        NetworkSpec other =
                new NetworkSpec("small", 1, 4, 4, List.of("grey", "dark", "bright"), Normalization.zeroToOne(1));
        NetworkSpec renamed = new NetworkSpec("small", 1, 4, 4, List.of("0", "1", "2"), Normalization.zeroToOne(1));

        assertThatThrownBy(() -> Evaluator.evaluate(network(), other, images(9), 9, device))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("class 0 is dark, which is class 1 of the network small");
        assertThat(Evaluator.evaluate(network(), renamed, images(9), 9, device).images())
                .isEqualTo(9);
    }

    @Test
    void aLabelThatChangesWhileTrainingIsNamed() {
        int[] asked = {0};
        Module network = network();
        float[] before = weights(network);
        assertThatThrownBy(() -> training(network)
                        .trainOn(labelled(30, index -> asked[0]++ < 30 ? 0 : 7))
                        .train())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("label 7")
                .hasMessageContaining("3 classes");
        assertThat(weights(network)).isEqualTo(before);
    }

    @Test
    void aNetworkOfOtherOutputsThanItsClassesIsRefused() {
        for (int outputs : new int[] {2, 10}) {
            Module network = network(outputs);
            float[] before = weights(network);
            assertThatThrownBy(() -> training(network)
                            .trainOn(labelled(30, index -> 0))
                            .validateOn(null)
                            .train())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("it gives [6, " + outputs + "]")
                    .hasMessageContaining("names 3 classes");
            assertThat(weights(network)).isEqualTo(before);
            assertThatThrownBy(() -> Evaluator.evaluate(network, SPEC, images(9), 9, device))
                    .hasMessageContaining("names 3 classes");
        }
    }

    @Test
    void theLibrarysAdviceNamesNoOptionsOfTheCommandLine() {
        Module network = network();
        assertThatThrownBy(() -> training(network)
                        .optimizer(new Sgd(network, Float.MAX_VALUE))
                        .train())
                .isInstanceOf(TrainingDivergedException.class)
                .hasMessageNotContaining("--");
    }
}
