package dev.tandem.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.nn.Initializers;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Losses;
import dev.tandem.nn.OnDevice;
import dev.tandem.nn.Sequential;
import dev.tandem.nn.Tanh;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.HashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Optimizers on {@code p²/2}, whose gradient is p, against their formulas in double precision. */
class OptimizerValuesTest extends OnDevice {
    private static final double START = 2;
    private static final int STEPS = 5;

    /** A network with one parameter, 2. */
    private Linear scalar() {
        Linear layer = new Linear(1, 1).bias(false).init(Initializers.constant((float) START));
        layer.initialize(device, 0);
        return layer;
    }

    private static void step(Linear layer, Optimizer optimizer) {
        try (Scope scope = Scope.open()) {
            layer.apply(Tensor.ones(1, 1)).square().multiply(0.5).sum().backward();
            optimizer.step();
            optimizer.clearGradients();
        }
    }

    /** @param formula from a gradient to what is subtracted from the parameter */
    private void check(Function<Linear, Optimizer> made, DoubleUnaryOperator formula) {
        Linear layer = scalar();
        Optimizer optimizer = made.apply(layer);
        double p = START;
        for (int i = 0; i < STEPS; i++) {
            step(layer, optimizer);
            p -= formula.applyAsDouble(p);
            // Five float32 updates of a value near 1.
            assertThat((double) layer.weight().value().item())
                    .as("step " + (i + 1))
                    .isCloseTo(p, within(2e-6));
        }
    }

    @Test
    void sgd() {
        check(net -> new Sgd(net, 0.1f), g -> 0.1 * g);
        double[] v = new double[2];
        check(net -> new Sgd(net, 0.1f).momentum(0.9f), g -> 0.1 * (v[0] = 0.9 * v[0] + g));
        check(net -> new Sgd(net, 0.1f).momentum(0.9f).nesterov(), g -> {
            v[1] = 0.9 * v[1] + g;
            return 0.1 * (g + 0.9 * v[1]);
        });
    }

    @Test
    void penalties() {
        check(net -> new Sgd(net, 0.1f).weightDecay(0.5f), p -> 0.1 * (p + 0.5 * p));
        check(net -> new Sgd(net, 0.1f).l1(0.5f), p -> 0.1 * (p + 0.5 * Math.signum(p)));
    }

    @Test
    void clipping() {
        check(net -> new Sgd(net, 0.1f).clipByValue(0.5f), g -> 0.1 * Math.min(g, 0.5));
        check(net -> new Sgd(net, 0.1f).clipByNorm(0.5f), g -> 0.1 * g * Math.min(1, 0.5 / (g + 1e-6)));
    }

    @Test
    void adaGrad() {
        double[] s = new double[1];
        check(net -> new AdaGrad(net, 0.1f), g -> {
            s[0] += g * g;
            return 0.1 * g / (Math.sqrt(s[0]) + 1e-10);
        });
    }

    @Test
    void adaDelta() {
        double[] s = new double[2];
        check(net -> new AdaDelta(net, 1), g -> {
            s[0] = 0.9 * s[0] + 0.1 * g * g;
            double d = Math.sqrt(s[1] + 1e-6) / Math.sqrt(s[0] + 1e-6) * g;
            s[1] = 0.9 * s[1] + 0.1 * d * d;
            return d;
        });
    }

    @Test
    void rmsProp() {
        double[] s = new double[2];
        check(net -> new RmsProp(net, 0.01f).momentum(0.5f), g -> {
            s[0] = 0.99 * s[0] + 0.01 * g * g;
            s[1] = 0.5 * s[1] + g / (Math.sqrt(s[0]) + 1e-8);
            return 0.01 * s[1];
        });
    }

    /** Adam's update of a gradient. */
    private static DoubleUnaryOperator adam(double learningRate) {
        double[] s = new double[3];
        return g -> {
            s[2]++;
            s[0] = 0.9 * s[0] + 0.1 * g;
            s[1] = 0.999 * s[1] + 0.001 * g * g;
            double mean = s[0] / (1 - Math.pow(0.9, s[2]));
            double square = s[1] / (1 - Math.pow(0.999, s[2]));
            return learningRate * mean / (Math.sqrt(square) + 1e-8);
        };
    }

    @Test
    void adamAndAdamW() {
        check(net -> new Adam(net, 0.1f), adam(0.1));
        DoubleUnaryOperator coupled = adam(0.1);
        check(net -> new Adam(net, 0.1f).weightDecay(0.5f), p -> coupled.applyAsDouble(p + 0.5 * p));
        DoubleUnaryOperator decoupled = adam(0.1);
        check(net -> new AdamW(net, 0.1f).weightDecay(0.5f), p -> 0.1 * 0.5 * p + decoupled.applyAsDouble(p));
    }

    @Test
    void lars() {
        double[] v = new double[1];
        check(net -> new Lars(net, 1).trust(0.1f).momentum(0.5f).weightDecay(0.5f), p -> {
            double rate = 0.1 * p / (p + 0.5 * p + 1e-8);
            return v[0] = 0.5 * v[0] + rate * (p + 0.5 * p);
        });
    }

    @Test
    void theLearningRateAndGroupsCountFromTheNextStep() {
        Linear layer = scalar();
        Optimizer optimizer = new Sgd(layer, 0.1f).group(parameter -> true, 0.5f);
        step(layer, optimizer);
        assertValues(layer.weight().value().reshape(1), 2 * 0.95);
        optimizer.setLearningRate(0.2f);
        step(layer, optimizer);
        assertValues(layer.weight().value().reshape(1), 2 * 0.95 * 0.9);
    }

    @Test
    void theGradientsNormIsReported() {
        Linear layer = scalar();
        Optimizer optimizer = new Sgd(layer, 0.1f).clipByNorm(100);
        step(layer, optimizer);
        assertThat(optimizer.gradientNorm()).isCloseTo(2, within(1e-6f));
    }

    @Test
    void aStepWithInfiniteGradientsIsLeftOut() {
        Linear layer = scalar();
        Optimizer optimizer = new Adam(layer, 0.1f).skipNotFinite();
        try (Scope scope = Scope.open()) {
            layer.apply(Tensor.full(Float.POSITIVE_INFINITY, 1, 1)).sum().backward();
            optimizer.step();
            optimizer.clearGradients();
        }
        assertThat(optimizer.foundNotFinite()).isTrue();
        assertThat(layer.weight().value().item()).isEqualTo(2);
        step(layer, optimizer);
        assertThat(optimizer.foundNotFinite()).isFalse();
        assertThat(layer.weight().value().item()).isLessThan(2);
    }

    @Test
    void aRestoredOptimizerContinuesBitForBit() {
        Linear straight = scalar();
        Optimizer first = new Adam(straight, 0.1f);
        Map<String, Tensor> saved = new HashMap<>();
        float weight = 0;
        for (int i = 0; i < 6; i++) {
            if (i == 3) {
                first.state().forEach((name, tensor) -> saved.put(name, tensor.copy()));
                weight = straight.weight().value().item();
            }
            step(straight, first);
        }
        Linear resumed = scalar();
        resumed.weight().value().set(weight);
        Optimizer second = new Adam(resumed, 0.1f);
        second.restore(saved, 3);
        for (int i = 3; i < 6; i++) {
            step(resumed, second);
        }
        assertThat(resumed.weight().value().item())
                .isEqualTo(straight.weight().value().item());
    }

    @Test
    void theMovingAverageFollowsAndSwapsIn() {
        Linear layer = scalar();
        ExponentialMovingAverage average = new ExponentialMovingAverage(layer, 0.5f);
        layer.weight().value().set(4f);
        average.update(); // share of the past min(0.5, 2/11): 2 · 2/11 + 4 · 9/11
        double expected = 2 * 2.0 / 11 + 4 * 9.0 / 11;
        try (ExponentialMovingAverage.Swap swapped = average.swapIn()) {
            assertValues(layer.weight().value().reshape(1), expected);
        }
        assertThat(layer.weight().value().item()).isEqualTo(4);
    }

    @Test
    void aSmallNetworkLearnsExclusiveOr() {
        Sequential network = new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 1));
        network.initialize(device, 1);
        Optimizer optimizer = new Adam(network, 0.05f);
        Tensor x = Tensor.of(new float[] {0, 0, 0, 1, 1, 0, 1, 1}, 4, 2);
        Tensor y = Tensor.of(new float[] {0, 1, 1, 0}, 4, 1);
        float loss = 1;
        for (int i = 0; i < 300; i++) {
            try (Scope scope = Scope.open()) {
                Tensor error = Losses.meanSquaredError(network.apply(x), y);
                error.backward();
                optimizer.step();
                optimizer.clearGradients();
                loss = error.item();
            }
        }
        assertThat(loss).isLessThan(1e-3f);
    }

    @Test
    void stepsThatAreLeftOutDoNotCount() {
        Linear layer = scalar();
        Linear unbroken = scalar();
        Optimizer optimizer = new Adam(layer, 0.1f).skipNotFinite();
        Optimizer expected = new Adam(unbroken, 0.1f);
        for (int i = 0; i < 4; i++) {
            if (i % 2 == 0) {
                stepOverflowing(layer, optimizer);
                assertThat(optimizer.foundNotFinite()).isTrue();
            }
            step(layer, optimizer);
            assertThat(optimizer.foundNotFinite()).isFalse();
            step(unbroken, expected);
            assertThat(layer.weight().value().item())
                    .as("step " + (i + 1))
                    .isEqualTo(unbroken.weight().value().item());
        }
        assertThat(optimizer.stepCount()).isEqualTo(4);
    }

    private static void stepOverflowing(Linear layer, Optimizer optimizer) {
        try (Scope scope = Scope.open()) {
            layer.apply(Tensor.ones(1, 1))
                    .multiply(Double.POSITIVE_INFINITY)
                    .sum()
                    .backward();
            optimizer.step();
            optimizer.clearGradients();
        }
    }

    /** A parameter that joins after steps that were left out counts its own from there. */
    @Test
    void unfrozenParametersCountNoStepsThatWereLeftOut() {
        Sequential network = pair();
        Sequential unbroken = pair();
        Optimizer optimizer = new Adam(network, 0.1f).skipNotFinite();
        Optimizer expected = new Adam(unbroken, 0.1f);
        network.parameters().get("0.weight").setFrozen(true);
        unbroken.parameters().get("0.weight").setFrozen(true);
        backward(network, Double.POSITIVE_INFINITY);
        optimizer.step();
        for (int i = 0; i < 5; i++) {
            if (i == 2) {
                network.parameters().get("0.weight").setFrozen(false);
                unbroken.parameters().get("0.weight").setFrozen(false);
            }
            network.flatParameters().clearGradients();
            unbroken.flatParameters().clearGradients();
            network.flatParameters().gradients();
            unbroken.flatParameters().gradients();
            backward(network, 1);
            optimizer.step();
            backward(unbroken, 1);
            expected.step();
        }
        network.parameters()
                .forEach((name, parameter) -> assertThat(parameter.value().toFloatArray())
                        .as(name)
                        .isEqualTo(unbroken.parameters().get(name).value().toFloatArray()));
        Optimizer restored = new Adam(network, 0.1f);
        restored.restore(optimizer.state(), optimizer.stepCount());
        assertThat(restored.stepCount()).isEqualTo(5);
    }

    private Sequential pair() {
        Sequential network = new Sequential(
                new Linear(1, 1).bias(false).init(Initializers.constant(2)),
                new Linear(1, 1).bias(false).init(Initializers.constant(3)));
        network.initialize(device, 0);
        return network;
    }

    private static void backward(Sequential network, double factor) {
        try (Scope scope = Scope.open()) {
            network.apply(Tensor.ones(1, 1)).multiply(factor).square().sum().backward();
        }
    }
}
