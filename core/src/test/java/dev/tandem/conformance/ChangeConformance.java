package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.Storage;
import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Linear;
import dev.tandem.nn.Module;
import dev.tandem.nn.ReLU;
import dev.tandem.nn.Sequential;
import dev.tandem.optim.ExponentialMovingAverage;
import dev.tandem.optim.Optimizer;
import dev.tandem.optim.Sgd;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Values that are changed in place between their use and backward: refused where backward needs them, as in PyTorch. */
class ChangeConformance extends TensorKit {
    private static void assertRefused(Tensor loss, String... words) {
        assertThatThrownBy(loss::backward)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(words);
    }

    @Test
    void aValueThatWasOverwrittenIsNamedWithTheChange() {
        Tensor x = Tensor.of(2f).requireGradient();
        Tensor loss = x.square().sum();
        x.set(100f);
        assertThatThrownBy(loss::backward)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("backward of SQUARE: its saved input [1] was changed in place by set() after it was used;"
                        + " change a copy, or run backward first");
        assertThat(x.gradient()).isNull();
    }

    @Test
    void everyWayToOverwriteCounts() {
        Map<String, Consumer<Tensor>> ways = new LinkedHashMap<>();
        ways.put("set()", x -> x.set(5, 6));
        ways.put("copyFrom()", x -> x.copyFrom(Tensor.of(5, 6)));
        ways.put("fill()", x -> device.memory().fill(x.storage(), 5));
        ways.put("copyInto()", x -> device.memory().copyInto(Tensor.of(5, 6).storage(), x.storage()));
        ways.put("axpby()", x -> device.math().axpby(1, Tensor.of(5, 6).storage(), 1, x.storage()));
        ways.put("upload()", x -> device.memory().upload(MemorySegment.ofArray(new float[] {5, 6}), x.storage()));
        ways.forEach((name, way) -> {
            Tensor x = Tensor.of(1, 2).requireGradient();
            Tensor loss = x.square().sum();
            way.accept(x);
            assertRefused(loss, "SQUARE", "by " + name);
        });
    }

    @Test
    void changesThroughAnotherViewCount() {
        Map<String, Consumer<Tensor>> views = new LinkedHashMap<>();
        views.put("reshaped", x -> x.reshape(2, 1).set(5, 6));
        views.put("detached", x -> x.detach().set(5, 6));
        views.put("a view of a view", x -> x.reshape(1, 2).reshape(2, 1).set(5, 6));
        views.put("a window", x -> {
            Storage second = device.memory().view(x.storage(), 1, shape(1));
            device.memory().fill(second, 9);
            second.release();
        });
        views.forEach((name, change) -> {
            Tensor x = Tensor.of(1, 2).requireGradient();
            Tensor loss = x.square().sum();
            change.accept(x);
            assertRefused(loss, "SQUARE", "changed in place");
            Tensor whole = Tensor.of(1, 2);
            Tensor lossOfView = whole.reshape(2, 1).requireGradient().square().sum();
            change.accept(whole);
            assertRefused(lossOfView, "SQUARE", "changed in place");
        });
    }

    @Test
    void copiesAreNotTheirSource() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).requireGradient();
        Tensor loss = x.square().sum();
        x.copy().set(9, 9, 9, 9);
        x.permute(1, 0).set(9, 9, 9, 9);
        x.slice(1, 0, 1).set(9, 9);
        loss.backward();
        assertValues(x.gradient(), 2, 4, 6, 8);
    }

    @Test
    void aSavedOutputMayNotChangeEither() {
        Tensor x = Tensor.of(0, 1).requireGradient();
        Tensor y = x.exp();
        Tensor loss = y.sum();
        y.set(1, 1);
        assertRefused(loss, "EXP", "its saved output [2]", "set()");
    }

    @Test
    void whatBackwardDoesNotNeedMayChange() {
        Tensor w = Tensor.of(1, 2).requireGradient();
        Tensor x = Tensor.of(3, 4);
        Tensor sum = w.add(x).subtract(x).sum();
        Tensor product = w.multiply(x).sum();
        Tensor quotient = w.divide(x).sum();
        w.set(50, 60);
        sum.backward();
        assertValues(w.gradient(), 1, 1);
        product.backward();
        assertValues(w.gradient(), 1 + 3, 1 + 4);
        quotient.backward();
        assertValues(w.gradient(), 4 + 1.0 / 3, 5 + 0.25);
    }

    @Test
    void aFirstLayersWeightMayChangeSinceNothingFlowsBackThroughIt() {
        Tensor w = Tensor.of(new float[] {1, 2}, 1, 2).requireGradient();
        Tensor loss = Tensor.of(new float[] {3, 4}, 1, 2).linear(w, null, null).sum();
        w.set(9, 9);
        loss.backward();
        assertValues(w.gradient(), 3, 4);
    }

    @Test
    void changesBeforeTheUseAndAfterBackwardAreFine() {
        Tensor x = Tensor.of(1, 2).requireGradient();
        for (int step = 0; step < 3; step++) {
            x.set(step, 1);
            x.clearGradient();
            x.square().sum().backward();
            assertValues(x.gradient(), 2 * step, 2);
            try (Autograd.NoGrad off = Autograd.noGrad()) {
                x.copyFrom(x.subtract(x.gradient()));
            }
        }
    }

    @Test
    void aKeptGraphIsSpoiledByALaterChange() {
        Tensor x = Tensor.of(1, 2).requireGradient();
        Tensor loss = x.square().sum();
        loss.backward(true);
        x.set(3, 4);
        assertRefused(loss, "SQUARE", "set()");
    }

    @Test
    void aGradientThatIsUsedItselfMayNotBeAddedTo() {
        Tensor x = Tensor.of(1, 2).requireGradient();
        x.square().sum().backward();
        Tensor loss = x.multiply(x.gradient()).sum();
        x.square().sum().backward();
        assertRefused(loss, "MULTIPLY", "changed in place");
    }

    @Test
    void aComputedTensorThatIsOverwrittenIsAConstant() {
        Tensor x = Tensor.of(1, 2).requireGradient();
        Tensor y = x.add(1);
        y.set(5, 6);
        y.multiply(x).sum().backward();
        assertValues(x.gradient(), 5, 6);
        Tensor straight = x.add(1);
        try (Autograd.NoGrad off = Autograd.noGrad()) {
            straight.copyFrom(Tensor.of(7, 8));
        }
        straight.sum().backward(); // the values are others, the derivative is what was recorded
        assertValues(x.gradient(), 5 + 1, 6 + 1);
    }

    // Networks
    // ---------------------------------------------------------------------------------------------------------

    /** Networks live as long as their device, and the kit counts what its own is left with. */
    private <M extends Module> void onOwnDevice(M network, Consumer<M> test) {
        try (Device own = Device.open(deviceName());
                Scope scope = Scope.open()) {
            network.initialize(own, 1);
            test.accept(network);
        }
    }

    private static Module layers() {
        return new Sequential(new Linear(2, 2), new ReLU(), new Linear(2, 2), new Linear(2, 1));
    }

    private static Tensor loss(Module network) {
        return network.apply(Tensor.ones(3, 2)).square().mean();
    }

    @Test
    void anOptimizersStepBetweenForwardAndBackwardIsRefused() {
        onOwnDevice(layers(), network -> {
            Optimizer optimizer = new Sgd(network, 0.1f);
            loss(network).backward();
            Tensor late = loss(network);
            optimizer.step();
            assertRefused(late, "matmul", "[1, 2]", "step() of Sgd");
            optimizer.clearGradients();
            for (int step = 0; step < 3; step++) {
                loss(network).backward();
                optimizer.step();
                optimizer.clearGradients();
            }
        });
    }

    @Test
    void anOptimizersStateChangesWithItsStep() {
        onOwnDevice(layers(), network -> {
            Optimizer optimizer = new Sgd(network, 0.1f).momentum(0.9f);
            loss(network).backward();
            optimizer.step();
            Tensor velocity = optimizer.state().get("velocity");
            Tensor late = Tensor.ones(velocity.elements())
                    .requireGradient()
                    .multiply(velocity)
                    .sum();
            optimizer.step();
            assertRefused(late, "MULTIPLY", "step() of Sgd");
        });
    }

    @Test
    void anAverageThatIsSwappedInBetweenIsRefused() {
        onOwnDevice(layers(), network -> {
            ExponentialMovingAverage average = new ExponentialMovingAverage(network, 0.9f);
            Tensor late = loss(network);
            average.swapIn().close();
            assertRefused(late, "matmul", "swapIn()");
            average.update();
            loss(network).backward();
        });
    }

    @Test
    void oneParametersChangeIsNoneOfTheOthers() {
        onOwnDevice(layers(), network -> {
            Tensor loss = loss(network);
            network.parameters()
                    .get("0.weight")
                    .value()
                    .set(1, 2, 3, 4); // the first layer's, which backward does not need
            network.parameters().get("3.bias").value().set(7);
            loss.backward();
            Tensor late = loss(network);
            network.parameters().get("2.weight").value().set(1, 2, 3, 4);
            assertRefused(late, "matmul", "[2, 2]", "set()");
            Tensor spoiled = loss(network);
            network.flatParameters()
                    .values()
                    .copyFrom(network.flatParameters().values().copy());
            assertRefused(spoiled, "matmul", "copyFrom()");
        });
    }

    @Test
    void statisticsThatMovedSinceEvaluationAreRefused() {
        onOwnDevice(new BatchNorm2d(1), norm -> {
            Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 2, 2).requireGradient();
            Tensor late = norm.setTraining(false).apply(x).square().sum();
            norm.setTraining(true).apply(x);
            assertRefused(late, "batch norm", "[1]", "running statistics");
        });
    }

    @Test
    void twoForwardsInTrainingMayGoBackTogether() {
        if (isReference()) { // it has no backward of batch norms
            return;
        }
        onOwnDevice(new BatchNorm2d(1), norm -> {
            Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 1, 1, 2, 2).requireGradient();
            norm.apply(x).square().add(norm.apply(x).square()).sum().backward();
            assertThat(x.gradient().shape()).isEqualTo(x.shape());
        });
    }

    @Test
    void halvesAreWatchedToo() {
        Tensor x = Tensor.of(1, 2).cast(DType.BFLOAT16).detach().requireGradient();
        Tensor loss = x.square().sum();
        x.copyFrom(Tensor.of(3, 4));
        assertRefused(loss, "SQUARE", "copyFrom()");
    }
}
