package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.Activation;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.UnaryOp;
import dev.tandem.nn.functional.Functions;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Gradients of layers, for inputs and parameters, against finite differences of the layer itself. */
class LayerGradientsTest extends OnDevice {
    private final SplittableRandom random = new SplittableRandom(11);

    @BeforeEach
    void needBackward() {
        Assumptions.assumeTrue(hasBackward(), "the reference has no backward of neural operations");
    }

    /** Drawn on the host, so that a gradient's test does not hang on the device's random numbers. */
    private Tensor normal(long... shape) {
        Tensor result = Tensor.zeros(shape);
        float[] values = new float[Math.toIntExact(result.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        result.set(values);
        return result;
    }

    private void check(Module layer, long... inputShape) {
        initialize(layer);
        Tensor x = normal(inputShape).requireGradient();
        checkLeaves(layer, x, () -> layer.apply(x));
    }

    /** With other values than a norm's usual ones and zeros, under which a mistake could hide. */
    private void initialize(Module layer) {
        layer.initialize(device, 3);
        layer.parameters().values().stream().filter(Parameter::isTrainable).forEach(parameter -> parameter
                .value()
                .copyFrom(normal(parameter.shape().toArray())));
    }

    private void checkLeaves(Module layer, Tensor x, Supplier<Tensor> function) {
        List<Tensor> leaves = new ArrayList<>(List.of(x));
        layer.parameters().values().stream()
                .filter(Parameter::isTrainable)
                .forEach(parameter -> leaves.add(parameter.value()));
        checkLeaves(leaves, function);
    }

    /** The gradient of Σ output · r for a fixed random r, of up to 12 elements of each leaf. */
    private void checkLeaves(List<Tensor> leaves, Supplier<Tensor> function) {
        Tensor r = normal(function.get().shape().toArray());
        function.get().backward(r, false);
        for (int i = 0; i < leaves.size(); i++) {
            Tensor leaf = leaves.get(i);
            float[] gradient = leaf.gradient().toFloatArray();
            float[] values = leaf.toFloatArray();
            int stride = Math.max(1, values.length / 12);
            for (int k = 0; k < values.length; k += stride) {
                double numeric = difference(leaf, values, k, r, function);
                // Central differences with step 1/256 in float32: rounding 1e-7 · sum / step, curvature step².
                assertThat((double) gradient[k])
                        .as("leaf " + i + " " + leaf.shape() + ", element " + k)
                        .isCloseTo(numeric, within(5e-3 * Math.max(1, Math.abs(numeric))));
            }
        }
    }

    private static double difference(Tensor leaf, float[] values, int k, Tensor r, Supplier<Tensor> function) {
        float step = 1 / 256f;
        float before = values[k];
        values[k] = before + step;
        leaf.set(values);
        double up = value(r, function);
        values[k] = before - step;
        leaf.set(values);
        double down = value(r, function);
        values[k] = before;
        leaf.set(values);
        return (up - down) / (2 * step);
    }

    /** Summed on the host in double, so that the sum adds no rounding. */
    private static double value(Tensor r, Supplier<Tensor> function) {
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            float[] y = function.get().toFloatArray();
            float[] weights = r.toFloatArray();
            double sum = 0;
            for (int i = 0; i < y.length; i++) {
                sum += (double) y[i] * weights[i];
            }
            return sum;
        }
    }

    @Test
    void linear() {
        check(new Linear(5, 3), 4, 5);
        check(new Linear(5, 3), 2, 3, 5);
        check(new Sequential(new Linear(5, 3), new Sigmoid()), 4, 5);
    }

    @Test
    void convolution() {
        check(new Conv2d(4, 6, 3).padding(1).stride(2).groups(2), 2, 4, 7, 6);
        check(new Conv2d(2, 3, 3).dilation(2).padding(1, 2, 0, 1).bias(false), 2, 2, 8, 8);
        check(new Conv2d(2, 3, 3).padding(1).paddingMode(PadMode.REFLECT), 1, 2, 5, 5);
        check(new Sequential(new Conv2d(2, 3, 3), new Tanh()), 2, 2, 5, 5);
    }

    @Test
    void aFrozenWeightLeavesTheBiasItsGradient() {
        Conv2d layer = new Conv2d(2, 3, 3);
        initialize(layer);
        layer.weight().setFrozen(true);
        Tensor x = normal(2, 2, 5, 5).requireGradient();
        checkLeaves(layer, x, () -> layer.apply(x));
        assertThat(layer.weight().value().gradient()).isNull();
    }

    @Test
    void pooling() {
        check(new MaxPool2d(3).stride(2).padding(1), 2, 2, 6, 6);
        check(new MedianPool2d(3).stride(2), 2, 2, 7, 7);
        check(new AvgPool2d(3).stride(2).padding(1), 2, 2, 6, 6);
        check(new AvgPool2d(3).stride(2).padding(1).ceilMode(), 2, 2, 6, 6);
        check(new AdaptiveAvgPool2d(3), 2, 2, 5, 7);
        check(new AdaptiveMaxPool2d(3), 2, 2, 5, 7);
        check(new GlobalAvgPool(), 2, 2, 5, 7);
    }

    @Test
    void batchNorm() {
        check(new BatchNorm2d(3), 4, 3, 2, 2);
        check(new Sequential(new BatchNorm2d(3), new Sigmoid()), 4, 3, 2, 2);
        check(new BatchNorm2d(3).freezeStatistics(true), 4, 3, 2, 2);
        check(new Sequential(new BatchNorm2d(3).freezeStatistics(true), new Sigmoid()), 4, 3, 2, 2);
    }

    @Test
    void batchNormWithResidual() {
        for (boolean frozen : new boolean[] {false, true}) {
            BatchNorm2d layer = new BatchNorm2d(3).freezeStatistics(frozen);
            initialize(layer);
            Tensor x = normal(4, 3, 2, 2).requireGradient();
            Tensor residual = normal(4, 3, 2, 2).requireGradient();
            List<Tensor> leaves = new ArrayList<>(List.of(x, residual));
            layer.parameters().values().stream()
                    .filter(Parameter::isTrainable)
                    .forEach(parameter -> leaves.add(parameter.value()));
            Activation smooth = new Activation(UnaryOp.TANH, 0, 0);
            checkLeaves(leaves, () -> layer.apply(x, residual, smooth));
        }
    }

    @Test
    void aFrozenScaleLeavesTheRestItsGradients() {
        for (boolean statistics : new boolean[] {false, true}) {
            BatchNorm2d layer = new BatchNorm2d(3).freezeStatistics(statistics);
            initialize(layer);
            layer.weight().setFrozen(true);
            Tensor x = normal(4, 3, 2, 2).requireGradient();
            checkLeaves(layer, x, () -> layer.apply(x));
        }
    }

    @Test
    void otherNorms() {
        check(new LayerNorm(6), 3, 4, 6);
        check(new LayerNorm(2, 3), 4, 2, 3);
        check(new LocalResponseNorm(3, 0.5f, 0.75f, 1), 2, 5, 3, 3);
    }

    @Test
    void activations() {
        Module[] layers = {
            new Sigmoid(), new Tanh(), new GELU(), new GELU(true), new SiLU(), new ELU(), new Softmax(), new Maxout(2)
        };
        for (Module layer : layers) {
            check(layer, 4, 6);
        }
    }

    @Test
    void attention() {
        Tensor q = normal(2, 2, 3, 4).requireGradient();
        Tensor k = normal(2, 2, 5, 4).requireGradient();
        Tensor v = normal(2, 2, 5, 3).requireGradient();
        checkLeaves(List.of(q, k, v), () -> Functions.attention(q, k, v, 0.5f));
    }

    @Test
    void multiHeadAttention() {
        check(new MultiHeadAttention(6, 2), 2, 4, 6);
    }

    @Test
    void composedLayers() {
        check(new Residual().add("conv", new Conv2d(2, 2, 3).padding(1)).add("tanh", new Tanh()), 2, 2, 4, 3);
        check(new SqueezeExcitation(4, 2, new SiLU(), new Sigmoid(), Initializers.fanInUniform()), 2, 4, 3, 3);
        check(new LayerNorm2d(5), 2, 5, 3, 2);
        check(new Permute(0, 2, 3, 1), 2, 3, 2, 2);
        Branches branches = new Branches()
                .branch("a", new Conv2d(2, 3, 1))
                .branch("b", new Conv2d(2, 2, 1))
                .thenFork(new Branches().branch("b1", new Tanh()).branch("b2", new Conv2d(2, 1, 3).padding(1)));
        check(branches, 2, 2, 4, 3);
    }

    @Test
    void auxiliaryHeadsAddTheirShareOfTheLoss() {
        AuxiliaryHeads network = new AuxiliaryHeads(0.3f);
        network.add("first", new Linear(4, 3));
        network.head("aux", new Linear(3, 2)).add("last", new Linear(3, 2));
        initialize(network);
        Tensor x = normal(5, 4).requireGradient();
        Tensor labels = Tensor.ofLongs(new long[] {0, 1, 1, 0, 1}, 5);
        checkLeaves(
                network,
                x,
                () -> AuxiliaryHeads.loss(
                        network, AuxiliaryHeads.outputs(network, x), logits -> Losses.crossEntropy(logits, labels)));
    }

    @Test
    void losses() {
        Tensor logits = normal(4, 5).requireGradient();
        Tensor labels = Tensor.ofLongs(new long[] {0, 4, 2, 2}, 4);
        Tensor soft = Functions.softmax(normal(4, 5), 1);
        checkLeaves(List.of(logits), () -> Losses.crossEntropy(logits, labels, 0.1f, LossReduction.NONE));
        logits.clearGradient();
        checkLeaves(List.of(logits), () -> Losses.crossEntropy(logits, soft));
        logits.clearGradient();
        checkLeaves(List.of(logits), () -> Functions.logSoftmax(logits, 1));
    }

    @Test
    void dropoutPassesGradientsWhereItPassedValues() {
        Tensor x = Tensor.ones(1000).requireGradient();
        Tensor y = Functions.dropout(x, 0.5f);
        float[] kept = y.toFloatArray();
        y.sum().backward();
        assertThat(x.gradient().toFloatArray()).isEqualTo(kept);
    }

    @Test
    void gradientsOfFlatParametersAreTheSameAsOfLoneOnes() {
        Sequential network = new Sequential(new Conv2d(1, 2, 3), new ReLU(), new Flatten(), new Linear(8, 2));
        initialize(network);
        Tensor x = normal(3, 1, 4, 4);
        network.apply(x).sum().backward();
        float[] lone = network.parameters().get("0.weight").value().gradient().toFloatArray();
        network.flatParameters().clearGradients();
        network.flatParameters().gradients();
        network.apply(x).sum().backward();
        network.apply(x).sum().backward();
        float[] twice = network.parameters().get("0.weight").value().gradient().toFloatArray();
        for (int i = 0; i < lone.length; i++) {
            // The second backward adds to the first: twice the gradient, to rounding.
            assertThat(twice[i]).isCloseTo(2 * lone[i], within(1e-5f * Math.max(1, Math.abs(lone[i]))));
        }
    }
}
