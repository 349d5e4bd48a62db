package dev.tandem.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.Backend;
import dev.tandem.backend.OptimizerOps;
import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.backend.meta.MetaBackend;
import dev.tandem.nn.BatchNorm2d;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.FlatParameters;
import dev.tandem.nn.Flatten;
import dev.tandem.nn.Linear;
import dev.tandem.nn.ParameterNames;
import dev.tandem.nn.ReLU;
import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What optimizers ask devices for; the arithmetic is in the conformance kit. */
class OptimizerTest {
    private final List<String> calls = new ArrayList<>();
    private List<Segment> segments;
    private Device device;
    private Scope scope;
    private Sequential network;

    @BeforeEach
    void open() {
        device = Device.of(recording(new MetaBackend()));
        scope = Scope.open();
        network = new Sequential(
                new Conv2d(1, 2, 3), new BatchNorm2d(2), new ReLU(), new Flatten(), new Linear(8, 3), new Linear(3, 2));
        network.initialize(device, 0);
    }

    @AfterEach
    void close() {
        scope.close();
        device.close();
    }

    /** A meta backend whose optimizer notes what it is asked for. */
    private Backend recording(MetaBackend meta) {
        OptimizerOps notes = (OptimizerOps) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {OptimizerOps.class}, (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    if (arguments[0] instanceof OptimizerOps.Buffers buffers) {
                        segments = buffers.segments();
                    }
                    return null;
                });
        return (Backend) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Backend.class},
                (proxy, method, arguments) ->
                        method.getName().equals("optimizer") ? notes : method.invoke(meta, arguments));
    }

    private void backward() {
        try (Scope step = Scope.open()) {
            network.apply(Tensor.zeros(4, 1, 4, 4)).sum().backward();
        }
    }

    private String covered(Segment segment) {
        List<String> names = new ArrayList<>();
        network.flatParameters().entries().forEach(entry -> {
            if (entry.offset() >= segment.offset() && entry.offset() < segment.offset() + segment.count()) {
                names.add(entry.parameter().path());
            }
        });
        return String.join(" ", names);
    }

    @Test
    void parametersWithOneSettingAreOneSegment() {
        Optimizer optimizer = new Sgd(network, 0.1f).momentum(0.9f).weightDecay(1e-4f);
        backward();
        optimizer.step();
        assertThat(calls).containsExactly("sgd");
        assertThat(segments).hasSize(1);
        assertThat(covered(segments.get(0)))
                .isEqualTo("5.bias 5.weight 4.bias 4.weight 1.bias 1.weight 0.bias 0.weight");
        assertThat(segments.get(0).weightDecay()).isEqualTo(1e-4f);
        assertThat(segments.get(0).learningRateFactor()).isEqualTo(1);
    }

    @Test
    void decayCanLeaveBiasesAndNormsAlone() {
        Optimizer optimizer =
                new AdamW(network, 0.1f).weightDecay(0.05f).l1(1e-3f).noDecayOnBiasAndNorm();
        backward();
        optimizer.step();
        assertThat(segments)
                .extracting(this::covered)
                .containsExactly("5.bias", "5.weight", "4.bias", "4.weight", "1.bias 1.weight 0.bias", "0.weight");
        assertThat(segments).extracting(Segment::weightDecay).containsExactly(0f, 0.05f, 0f, 0.05f, 0f, 0.05f);
        assertThat(segments).extracting(Segment::l1).containsExactly(0f, 1e-3f, 0f, 1e-3f, 0f, 1e-3f);
    }

    @Test
    void groupsHaveTheirOwnSettingsAndTheLastOneThatFitsCounts() {
        Optimizer optimizer = new Sgd(network, 0.1f)
                .weightDecay(0.5f)
                .group(parameter -> !parameter.path().startsWith("5."), 0.1f)
                .group(new ParameterGroup(parameter -> parameter.path().startsWith("0."), 0.01f, 0f, null));
        backward();
        optimizer.step();
        assertThat(segments)
                .extracting(this::covered)
                .containsExactly("5.bias 5.weight", "4.bias 4.weight 1.bias 1.weight", "0.bias 0.weight");
        assertThat(segments).extracting(Segment::learningRateFactor).containsExactly(1f, 0.1f, 0.01f);
        assertThat(segments).extracting(Segment::weightDecay).containsExactly(0.5f, 0.5f, 0f);
    }

    @Test
    void frozenParametersAndThoseWithoutAGradientAreLeftOut() {
        Optimizer optimizer = new Sgd(network, 0.1f);
        optimizer.step();
        assertThat(calls).as("nothing has a gradient yet").isEmpty();
        network.parameters().get("4.weight").setFrozen(true);
        network.parameters().get("4.bias").setFrozen(true);
        backward();
        optimizer.step();
        assertThat(segments)
                .extracting(this::covered)
                .containsExactly("5.bias 5.weight", "1.bias 1.weight 0.bias 0.weight");
        optimizer.clearGradients();
        calls.clear();
        optimizer.step();
        assertThat(calls).isEmpty();
        assertThat(optimizer.stepCount()).isEqualTo(3);
    }

    @Test
    void theSegmentsListStaysTheSameObjectFromStepToStep() {
        Optimizer optimizer = new Sgd(network, 0.1f);
        backward();
        optimizer.step();
        List<Segment> first = segments;
        optimizer.clearGradients();
        backward();
        optimizer.step();
        assertThat(segments).isSameAs(first);
    }

    @Test
    void larsKeepsParametersApart() {
        Optimizer optimizer = new Lars(network, 0.1f);
        backward();
        optimizer.step();
        assertThat(segments).hasSize(8);
    }

    @Test
    void checksThenClipsThenUpdates() {
        Optimizer optimizer =
                new Adam(network, 0.1f).clipByNorm(1).clipByValue(0.5f).skipNotFinite();
        backward();
        optimizer.step();
        assertThat(calls).containsExactly("checkFinite", "globalNorm", "clipByValue", "adam");
    }

    @Test
    void gradientsLieInTheFlatBuffer() {
        new Sgd(network, 0.1f);
        long before = device.memoryStats().liveBytes();
        backward();
        assertThat(device.memoryStats().liveBytes()).isEqualTo(before);
        assertThat(network.parameters().get("4.weight").value().gradient().shape())
                .isEqualTo(Shape.of(3, 8));
    }

    private void setFrozen(boolean frozen, String names) {
        new ParameterNames(names).in(network).forEach(parameter -> parameter.setFrozen(frozen));
    }

    @Test
    void groupsMayBeNamed() {
        Optimizer optimizer = new Sgd(network, 0.1f).group("?.bias", 0.5f).group("5", 0.25f);
        backward();
        optimizer.step();
        assertThat(segments)
                .extracting(this::covered)
                .containsExactly("5.bias 5.weight", "4.bias", "4.weight", "1.bias", "1.weight", "0.bias", "0.weight");
        assertThat(segments)
                .extracting(Segment::learningRateFactor)
                .containsExactly(0.25f, 0.5f, 1f, 0.5f, 1f, 0.5f, 1f);
    }

    @Test
    void aGroupThatFitsNothingIsRefusedWithTheNearestName() {
        Sequential named = new Sequential()
                .add("stem", new Linear(3, 4))
                .add("act", new ReLU())
                .add("head", new Linear(4, 2));
        named.initialize(device, 0);
        Sgd optimizer = new Sgd(named, 0.1f);
        assertThatThrownBy(() -> optimizer.group("stme", 0.1f))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "parameters stme: the network has none of that name; did you mean stem? Its parts are stem, head");
        assertThatThrownBy(() -> optimizer.group("stem.wieght", 0.1f))
                .hasMessageContaining("did you mean stem.weight?");
        assertThatThrownBy(() -> optimizer.group(p -> p.path().startsWith("haed"), 0.1f))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("fits none of the network's parameters");
        assertThatThrownBy(() -> optimizer.group(new ParameterGroup(p -> false, 1, 0f, null)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> optimizer.group("stem", Float.NaN)).hasMessageContaining("learning rate factor");
        optimizer.group(" stem ", 0.1f); // the space is none of the name
    }

    @Test
    void frozenFirstLayersTakeNoMemoryForGradientsAndState() {
        setFrozen(true, "0");
        setFrozen(true, "1");
        Optimizer optimizer = new Adam(network, 0.1f);
        backward();
        optimizer.step();

        FlatParameters flat = network.flatParameters();
        // 5.bias, 5.weight, 4.bias and 4.weight: 2, 6, 3 and 24 values, each from a multiple of 16 on.
        assertThat(flat.gradients().elements()).isEqualTo(16 + 16 + 16 + 32);
        assertThat(flat.gradients().elements()).isLessThan(flat.length());
        assertThat(optimizer.state().get("means").elements()).isEqualTo(80);
        assertThat(segments).extracting(this::covered).containsExactly("5.bias 5.weight 4.bias 4.weight");
    }

    @Test
    void unfrozenParametersAreUpdatedFromTheirFirstGradientOn() {
        setFrozen(true, "0");
        Optimizer optimizer = new Adam(network, 0.1f);
        backward();
        optimizer.step();
        optimizer.clearGradients();
        optimizer.step(); // without gradients: it counts, but moves nothing
        setFrozen(false, "0");
        backward();
        optimizer.step();

        assertThat(segments)
                .extracting(this::covered)
                .containsExactly("5.bias 5.weight 4.bias 4.weight 1.bias 1.weight", "0.bias 0.weight");
        assertThat(segments).extracting(Segment::stepsBefore).containsExactly(0L, 2L);
        assertThat(optimizer.state().get("means").elements())
                .isEqualTo(network.flatParameters().length());
        long live = device.memoryStats().liveBytes();
        backward();
        assertThat(device.memoryStats().liveBytes())
                .as("gradients lie in the flat buffer again")
                .isEqualTo(live);
    }

    @Test
    void stateSavedWhileFrozenIsRestoredAfterUnfreezing() {
        setFrozen(true, "0");
        Optimizer saved = new Adam(network, 0.1f);
        backward();
        saved.step();
        Map<String, Tensor> state = saved.state();
        setFrozen(false, "0");

        Optimizer restored = new Adam(network, 0.1f);
        restored.restore(state, saved.stepCount());
        network.flatParameters().clearGradients();
        backward();
        restored.step();

        assertThat(restored.state().get("means").elements())
                .isEqualTo(network.flatParameters().length());
        assertThat(state.get("means").elements())
                .isLessThan(network.flatParameters().length());
    }

    @Test
    void stateIsNamedAndRestored() {
        Optimizer adam = new Adam(network, 0.1f);
        assertThat(adam.state().keySet()).containsExactly("means", "squares");
        assertThat(new Sgd(network, 0.1f).state()).isEmpty();
        Map<String, Tensor> state = new Sgd(network, 0.1f).momentum(0.9f).state();
        assertThat(state.keySet()).containsExactly("velocity");
        assertThatThrownBy(() -> adam.restore(state, 3))
                .hasMessageContaining("means is missing, squares is missing, velocity is not expected");
        adam.restore(new Adam(network, 0.1f).state(), 17);
        assertThat(adam.stepCount()).isEqualTo(17);
        assertThatThrownBy(() -> adam.restore(Map.of("means", Tensor.zeros(3), "squares", Tensor.zeros(3)), 1))
                .hasMessageContaining("means is [3] for parameters of [");
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new Sgd(network, -1)).hasMessageContaining("learning rate: -1.0");
        assertThatThrownBy(() -> new Sgd(network, Float.NaN)).hasMessageContaining("learning rate");
        assertThatThrownBy(() -> new Sgd(network, 1).momentum(1)).hasMessageContaining("momentum");
        assertThatThrownBy(() -> new Adam(network, 1).epsilon(0)).hasMessageContaining("epsilon");
    }

    @Test
    void averagesAreNotUpdatedWhileTheyStandInTheNetwork() {
        ExponentialMovingAverage average = new ExponentialMovingAverage(network, 0.99f);
        average.update();
        assertThat(calls).containsExactly("lerp");
        try (ExponentialMovingAverage.Swap swapped = average.swapIn()) {
            assertThatThrownBy(average::update).hasMessageContaining("swapIn");
        }
        average.update();
        assertThat(average.updateCount()).isEqualTo(2);
    }
}
