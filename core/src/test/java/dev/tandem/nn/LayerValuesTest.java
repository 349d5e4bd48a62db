package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.Activation;
import dev.tandem.backend.PadMode;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Layers against numbers worked out by hand. */
class LayerValuesTest extends OnDevice {
    private Tensor run(Module layer, Tensor input) {
        layer.initialize(device, 0);
        try (Autograd.NoGrad off = Autograd.noGrad()) {
            return layer.apply(input);
        }
    }

    @Test
    void linearMultipliesByItsTransposedWeight() {
        Linear layer = new Linear(2, 3).init(Initializers.constant(2)).initBias(Initializers.constant(1));
        assertValues(run(layer, Tensor.of(new float[] {1, 2, 3, 4}, 2, 2)), 7, 7, 7, 15, 15, 15);
        Linear batched = new Linear(2, 1).init(Initializers.ones()).bias(false);
        assertValues(run(batched, Tensor.arange(8).reshape(2, 2, 2)), 1, 5, 9, 13);
    }

    @Test
    void convolutionSumsItsWindowWithEachPadding() {
        // Sums over 1 × 3 windows of 0 1 2 3.
        Conv2d zeros =
                new Conv2d(1, 1, 1, 3).init(Initializers.ones()).bias(false).padding(0, 1);
        assertValues(run(zeros, image(1, 4)), 1, 3, 6, 5);
        Conv2d replicate = new Conv2d(1, 1, 1, 3).init(Initializers.ones()).bias(false);
        assertValues(run(replicate.padding(0, 1).paddingMode(PadMode.REPLICATE), image(1, 4)), 1, 3, 6, 8);
        Conv2d reflect = new Conv2d(1, 1, 1, 3).init(Initializers.ones()).bias(false);
        assertValues(run(reflect.padding(0, 1).paddingMode(PadMode.REFLECT), image(1, 4)), 2, 3, 6, 7);
    }

    @Test
    void samePaddingPutsTheOddPixelLast() {
        // TensorFlow, stride 2, kernel 2 on 3 pixels: windows 0 1 | 2 pad.
        Conv2d layer = new Conv2d(1, 1, 1, 2)
                .init(Initializers.ones())
                .bias(false)
                .stride(1, 2)
                .same();
        assertValues(run(layer, image(1, 3)), 1, 2);
    }

    @Test
    void averagesRoundedUpDivideAsPyTorchDoes() {
        // torch.nn.AvgPool2d((1, 2), stride=(1, 2), ceil_mode=True) of 0 1 2: the last window has one element.
        AvgPool2d plain = new AvgPool2d(1, 2).ceilMode();
        assertValues(run(plain, image(1, 3)), 0.5, 2);
        // With padding (0, 1) of 1 2 3 4: windows |0 1| |2 3| |4 0|; the padding counts.
        AvgPool2d padded = new AvgPool2d(1, 2).padding(0, 0, 1, 1).ceilMode();
        assertValues(run(padded, image(1, 4).add(1)), 0.5, 2.5, 2);
        // Kernel 3, stride 2, padding 1 of 1 2 3 4: windows |0 1 2| |2 3 4| |4 0 .|, the overhang does not count.
        AvgPool2d overhang =
                new AvgPool2d(1, 3).stride(1, 2).padding(0, 0, 1, 1).ceilMode();
        assertValues(run(overhang, image(1, 4).add(1)), 1, 3, 2);
        AvgPool2d without =
                new AvgPool2d(1, 3).stride(1, 2).padding(0, 0, 1, 1).ceilMode().countPadding(false);
        assertValues(run(without, image(1, 4).add(1)), 1.5, 3, 4);
    }

    @Test
    void poolsTakeMaximumAndMedian() {
        Tensor x = Tensor.of(new float[] {-5, -1, -3, -2}, 1, 1, 2, 2);
        assertValues(run(new MaxPool2d(2), x), -1);
        assertValues(run(new MaxPool2d(3).padding(1), x), -1);
        assertValues(run(new MedianPool2d(2), x), -3);
    }

    @Test
    void adaptivePoolingCoversUnevenWindows() {
        // 5 → 3: windows 0..1, 1..3, 3..4.
        assertValues(run(new AdaptiveAvgPool2d(1, 3), image(1, 5)), 0.5, 2, 3.5);
        assertValues(run(new AdaptiveMaxPool2d(1, 3), image(1, 5)), 1, 3, 4);
        // 2 × 2 → 3 × 3: edges repeat, the middle averages.
        assertValues(run(new AdaptiveAvgPool2d(3), image(2, 2)), 0, 0.5, 1, 1, 1.5, 2, 2, 2.5, 3);
        assertValues(run(new AdaptiveAvgPool2d(2), image(4, 4)), 2.5, 4.5, 10.5, 12.5);
    }

    @Test
    void adaptivePoolingFollowsInputsOfChangingSize() {
        AdaptiveAvgPool2d layer = new AdaptiveAvgPool2d(1, 3);
        assertValues(layer.apply(image(1, 5)), 0.5, 2, 3.5);
        assertValues(layer.apply(image(1, 4)), 0.5, 1.5, 2.5);
        assertValues(layer.apply(image(1, 3)), 0, 1, 2);
        assertValues(layer.apply(image(1, 5)), 0.5, 2, 3.5);
    }

    @Test
    void batchNormTrainsOnTheBatchAndEvaluatesOnRunningStatistics() {
        BatchNorm2d layer = new BatchNorm2d(1).epsilon(1e-12f).momentum(0.5f);
        Tensor x = Tensor.of(new float[] {1, 3, 5, 7}, 2, 1, 1, 2); // mean 4, variance 5, unbiased 20/3
        double unit = 1 / Math.sqrt(5);
        assertValues(run(layer, x), -3 * unit, -unit, unit, 3 * unit);
        assertValues(layer.runningMean().value(), 2);
        assertValues(layer.runningVariance().value(), 0.5 + 0.5 * 20 / 3);
        layer.setTraining(false);
        double running = 1 / Math.sqrt(0.5 + 10.0 / 3);
        assertValues(layer.apply(x), -running, running, 3 * running, 5 * running);
        assertValues(layer.runningMean().value(), 2);
    }

    @Test
    void batchNormAddsResidualAndActivationInOnePass() {
        BatchNorm2d layer = new BatchNorm2d(1).freezeStatistics(true).epsilon(1e-12f);
        layer.initialize(device, 0);
        Tensor x = Tensor.of(new float[] {1, -3}, 1, 1, 1, 2);
        Tensor residual = Tensor.of(new float[] {-2, 1}, 1, 1, 1, 2);
        assertValues(layer.apply(x, residual, Activation.RELU), 0, 0);
        assertValues(layer.apply(x, residual, null), -1, -2);
        assertValues(layer.apply(x, Activation.RELU), 1, 0);
    }

    @Test
    void layerNormOverSeveralAxes() {
        LayerNorm layer = new LayerNorm(2, 2).epsilon(1e-12f);
        double unit = 1 / Math.sqrt(5);
        Tensor x = Tensor.of(new float[] {1, 3, 5, 7}, 1, 2, 2);
        assertValues(run(layer, x), -3 * unit, -unit, unit, 3 * unit);
    }

    @Test
    void localResponseNormDividesByItsNeighbours() {
        // Size 3, alpha 3, beta 1, k 1: x / (1 + sum of squares of three neighbours).
        Tensor x = Tensor.of(new float[] {1, 2, 3}, 1, 3, 1, 1);
        assertValues(run(new LocalResponseNorm(3, 3, 1, 1), x), 1.0 / 6, 2.0 / 15, 3.0 / 14);
    }

    @Test
    void maxoutTakesTheLargestOfNeighbouringChannels() {
        assertValues(run(new Maxout(2), Tensor.of(new float[] {1, 4, -2, -3}, 1, 4)), 4, -2);
    }

    @Test
    void dropoutKeepsTheMeanAndZeroesItsShare() {
        Dropout layer = new Dropout(0.25f);
        float[] values = run(layer, Tensor.ones(100_000)).toFloatArray();
        int zeros = 0;
        double sum = 0;
        for (float value : values) {
            zeros += value == 0 ? 1 : 0;
            sum += value;
        }
        // Five standard deviations of a binomial: √(100,000 · 0.25 · 0.75) = 137.
        assertThat((double) zeros).isCloseTo(25_000, within(5 * 137.0));
        assertThat(sum).isCloseTo(100_000, within(5 * 137 / 0.75));
        layer.setTraining(false);
        Tensor x = Tensor.ones(4);
        assertThat(layer.apply(x)).isSameAs(x);
    }

    @Test
    void sequentialGivesTheSameFusedAndObserved() {
        Sequential network =
                new Sequential(new Conv2d(1, 2, 3), new ReLU(), new Flatten(), new Linear(8, 4), new Sigmoid());
        network.initialize(device, 3);
        float[] fused = network.apply(image(4, 4)).toFloatArray();
        network.observe((path, module, input, output) -> {});
        float[] observed = network.apply(image(4, 4)).toFloatArray();
        // Both round a float32 sum of 9 products, the order of which may differ.
        assertThat(fused).containsExactly(observed, within(1e-5f));
    }

    @Test
    void branchesStandSideBySideInOrder() {
        Conv2d twice = new Conv2d(1, 1, 1).init(Initializers.constant(2)).bias(false);
        Branches branches = new Branches()
                .branch("same", new Identity())
                .branch("twice", twice)
                .thenFork(new Branches()
                        .branch("again", new Identity())
                        .branch(
                                "more",
                                new Conv2d(1, 1, 1)
                                        .init(Initializers.constant(3))
                                        .bias(false)));
        assertValues(run(branches, image(1, 2)), 0, 1, 0, 2, 0, 6);
        assertThat(branches.parameters()).containsOnlyKeys("twice.weight", "more.weight");
    }

    @Test
    void layerNorm2dNormalisesThePixelsChannels() {
        // Channels 0 and 2 of the only pixel: mean 1, variance 1.
        assertValues(run(new LayerNorm2d(2), Tensor.of(new float[] {0, 2}, 1, 2, 1, 1)), -1, 1);
    }

    @Test
    void squeezeAndExcitationScalesChannelsByTheirMeans() {
        SqueezeExcitation layer = new SqueezeExcitation(1, 1, new Identity(), new Identity(), Initializers.constant(2));
        // The mean of 0 1 2 3 is 1.5; twice times 2 makes the factor 6.
        assertValues(run(layer, image(2, 2)), 0, 6, 12, 18);
    }

    @Test
    void stochasticDepthLeavesWholeExamplesOutAndKeepsTheMean() {
        StochasticDepth layer = new StochasticDepth(0.25f);
        device.seed(5);
        float[] rows = layer.apply(Tensor.ones(4000, 2, 1, 1)).toFloatArray();
        double sum = 0;
        for (int i = 0; i < rows.length; i += 2) {
            assertThat(rows[i]).isEqualTo(rows[i + 1]).isIn(0f, 1 / 0.75f);
            sum += rows[i];
        }
        // The deviation of the mean is √(1/3 / 4000) = 0.009; five of them.
        assertThat(sum / 4000).isCloseTo(1, within(0.046));
        layer.setTraining(false);
        assertValues(layer.apply(Tensor.of(1, 2)), 1, 2);
    }

    @Test
    void auxiliaryHeadsSpeakInTrainingOnly() {
        AuxiliaryHeads network = new AuxiliaryHeads(0.5f);
        network.add("first", new Linear(1, 1).init(Initializers.constant(2)).bias(false))
                .add("relu", new ReLU());
        network.head("aux", new Linear(1, 1).init(Initializers.constant(10)).bias(false))
                .add("last", new Linear(1, 1).init(Initializers.constant(3)).bias(false));
        network.initialize(device, 0);
        Tensor x = Tensor.of(new float[] {1}, 1, 1);
        List<Tensor> outputs = AuxiliaryHeads.outputs(network, x);
        assertThat(outputs).hasSize(2);
        assertValues(outputs.get(0), 6);
        assertValues(outputs.get(1), 20);
        assertValues(AuxiliaryHeads.loss(network, outputs, Tensor::sum), 16);
        assertValues(network.apply(x), 6);
        network.setTraining(false);
        assertThat(AuxiliaryHeads.outputs(network, x)).hasSize(1);
    }
}
