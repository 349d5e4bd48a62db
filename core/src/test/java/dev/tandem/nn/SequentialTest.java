package dev.tandem.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.Activation;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SequentialTest extends OnMeta {
    @Test
    void namesLayersByPositionUnlessNamed() {
        Sequential network = new Sequential(new Conv2d(1, 2, 3), new ReLU());
        network.add("pool", new MaxPool2d(2)).add(new Flatten());
        assertThat(network.children().keySet()).containsExactly("0", "1", "pool", "3");
        assertThat(network.parameters().keySet()).containsExactly("0.weight", "0.bias");
    }

    @Test
    void fusesAnActivationIntoTheLayerBeforeIt() {
        Probe probe = new Probe();
        Sequential network = new Sequential(probe, new ReLU(), new Flatten());
        network.apply(Tensor.zeros(2, 3));
        assertThat(probe.seen).containsExactly(Activation.RELU);
    }

    @Test
    void aReluBeforeMaxPoolingIsPartOfThat() {
        Probe probe = new Probe();
        Sequential network = new Sequential(probe, new ReLU(), new MaxPool2d(2), new ReLU(), new MaxPool2d(2));
        Tensor input = Tensor.zeros(1, 1, 4, 4).requireGradient();
        long before = device.memoryStats().liveBytes();
        Tensor output = network.apply(input);
        assertThat(probe.seen).hasSize(1).containsOnlyNulls();
        assertThat(output.shape()).isEqualTo(Shape.of(1, 1, 1, 1));
        // Only the places of the maxima (5) and the result stay: no output of a ReLU.
        assertThat(device.memoryStats().liveBytes() - before).isEqualTo((5 + 1) * 4);
    }

    @Test
    void observersSeeBothLayersByThemselves() {
        Probe probe = new Probe();
        Sequential network = new Sequential(probe, new ReLU());
        List<String> paths = new ArrayList<>();
        network.observe((path, module, input, output) -> paths.add(path + ":" + module));
        network.apply(Tensor.zeros(2, 3));
        assertThat(probe.seen).hasSize(1).containsOnlyNulls();
        assertThat(paths).containsExactly("0:Probe", "1:ReLU", ":Sequential");
        network.observe(null);
        network.apply(Tensor.zeros(2, 3));
        assertThat(probe.seen).containsExactly(null, Activation.RELU);
    }

    @Test
    void activationsWhoseDerivativeNeedsTheirInputAreNotFused() {
        Probe probe = new Probe();
        new Sequential(probe, new GELU(), new Identity()).apply(Tensor.zeros(2, 3));
        assertThat(probe.seen).hasSize(1).containsOnlyNulls();
    }

    @Test
    void evaluationHoldsTwoLayersAtATime() {
        Sequential network = new Sequential();
        for (int i = 0; i < 20; i++) {
            network.add(new Tanh());
        }
        long layer = 1000 * 4;
        Tensor input = Tensor.zeros(1000);
        long before = device.memoryStats().liveBytes();
        device.memory().resetPeak();
        Tensor output = network.apply(input);
        assertThat(device.memoryStats().peakBytes() - before).isEqualTo(2 * layer);
        assertThat(device.memoryStats().liveBytes() - before).isEqualTo(layer);
        assertThat(output.isReleased()).isFalse();
        assertThat(input.isReleased()).isFalse();
    }

    @Test
    void trainingHoldsOnlyWhatBackwardNeeds() {
        // Tanh needs its output: 20 outputs, and nothing else, stay.
        Sequential network = new Sequential();
        for (int i = 0; i < 20; i++) {
            network.add(new Tanh());
        }
        Tensor input = Tensor.zeros(1000).requireGradient();
        long before = device.memoryStats().liveBytes();
        Tensor output = network.apply(input);
        assertThat(device.memoryStats().liveBytes() - before).isEqualTo(20 * 4000);
        output.sum().backward();
        assertThat(input.gradient().shape()).isEqualTo(input.shape());
    }

    @Test
    void anInputThatPassesThroughIsNotReleased() {
        Tensor input = Tensor.zeros(2, 3);
        Tensor output = new Sequential(new Identity(), new Dropout().setTraining(false), new Identity()).apply(input);
        assertThat(output).isSameAs(input);
        assertThat(input.isReleased()).isFalse();
        assertThat(new Sequential().apply(input)).isSameAs(input);
    }

    @Test
    void replacesAHead() {
        Sequential network = new Sequential(new Flatten(), new Linear(4, 10));
        network.replace("1", new Linear(4, 3));
        network.initialize(device, 0);
        try (Autograd.NoGrad off = Autograd.noGrad()) {
            assertThat(network.apply(Tensor.zeros(2, 4)).size(1)).isEqualTo(3);
        }
        assertThatThrownBy(() -> network.replace("1", new Linear(4, 5))).hasMessageContaining("before initialize");
    }

    /** Notes which activations it was given. */
    private static final class Probe extends Module implements FusesActivation {
        final List<Activation> seen = new ArrayList<>();

        @Override
        protected Tensor forward(Tensor input) {
            return forward(input, null);
        }

        @Override
        public Tensor apply(Tensor input, Activation activation) {
            return run(input, x -> forward(x, activation));
        }

        private Tensor forward(Tensor input, Activation activation) {
            seen.add(activation);
            return input.add(1);
        }
    }
}
