package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.Storage;
import dev.tandem.nn.Module;
import dev.tandem.nn.Sequential;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When memory goes back: with scopes, with the last consumer, while backward runs. */
class ScopeConformance extends TensorKit {
    private static final int ELEMENTS = 250_000;
    private static final long MEGABYTE = 4L * ELEMENTS;
    /** What an allocator may round up. */
    private static final long SLACK = MEGABYTE / 4;

    private long live() {
        return device.memoryStats().liveBytes();
    }

    private static Tensor megabyte() {
        return Tensor.full(0.5, ELEMENTS);
    }

    /** Asserts how many megabytes more are live than before. */
    private void assertLive(long before, int megabytes) {
        assertThat(live() - before)
                .as("live bytes beyond the start, %d MB expected", megabytes)
                .isBetween(megabytes * MEGABYTE, megabytes * (MEGABYTE + SLACK) + SLACK);
    }

    @Test
    void aScopeReleasesWhatWasMadeInIt() {
        long before = live();
        Tensor kept;
        Tensor lost;
        Tensor persistent;
        try (Scope scope = Scope.open()) {
            lost = megabyte();
            kept = scope.keep(megabyte());
            try (Scope inner = Scope.open()) {
                persistent = megabyte().persist();
            }
            assertLive(before, 3);
        }
        assertLive(before, 2);
        assertThat(lost.isReleased()).isTrue();
        assertThat(kept.isReleased()).isFalse();
        assertThatThrownBy(lost::shape)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("released", "Scope.keep");
        kept.release();
        kept.release();
        persistent.release();
        assertLive(before, 0);
    }

    @Test
    void viewsKeepTheirMemoryAlive() {
        long before = live();
        Tensor x = megabyte();
        Tensor view = x.reshape(2, -1);
        Tensor detached = x.detach();
        x.release();
        assertLive(before, 1);
        detached.release();
        assertLive(before, 1);
        view.release();
        assertLive(before, 0);
    }

    @Test
    void releasedInTheMiddleOfAScopeTensorsDoNotComeBack() {
        long before = live();
        try (Scope scope = Scope.open()) {
            List<Tensor> tensors = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                tensors.add(megabyte());
            }
            for (int i : new int[] {5, 0, 9, 4, 6}) {
                tensors.get(i).release();
            }
            assertLive(before, 5);
        }
        assertLive(before, 0);
    }

    @Test
    void scopesMustCloseFromTheInside() {
        Scope outer = Scope.open();
        Scope inner = Scope.open();
        assertThatThrownBy(outer::close).isInstanceOf(IllegalStateException.class);
        inner.close();
        inner.close();
        outer.close();
    }

    @Test
    void anExceptionClosesItsScopes() {
        long before = live();
        assertThatThrownBy(() -> {
                    try (Scope scope = Scope.open()) {
                        megabyte();
                        megabyte().add(Tensor.zeros(3));
                    }
                })
                .hasMessageContaining("add");
        assertLive(before, 0);
    }

    /** {@code x ↦ tanh(1.01·x)}: the tape needs tanh's output and nothing else. */
    private static final class Step extends Module {
        @Override
        protected Tensor forward(Tensor input) {
            return input.linear(1.01f, 0).tanh();
        }
    }

    private static Sequential tenSteps() {
        Sequential network = new Sequential();
        for (int i = 0; i < 10; i++) {
            network.add(Integer.toString(i), new Step());
        }
        return network;
    }

    @Test
    void evaluationHoldsNoMoreThanAnActivationAndItsSuccessors() {
        Sequential network = tenSteps();
        Tensor x = megabyte();
        long before = live();
        device.memory().resetPeak();
        try (Autograd.NoGrad off = Autograd.noGrad()) {
            network.apply(x);
        }
        assertLive(before, 1);
        // A step's input, the product in it and its output.
        assertThat(device.memoryStats().peakBytes() - before).isLessThanOrEqualTo(3 * (MEGABYTE + SLACK));
    }

    @Test
    void theTapeHoldsWhatBackwardNeedsAndNothingElse() {
        Sequential network = tenSteps();
        Tensor x = megabyte().requireGradient();
        long before = live();
        Tensor y = network.apply(x);
        assertLive(before, 10); // one activation a step, not two
        y.sum().backward();
        // y, the gradient of x; every activation went when its backward had run.
        assertLive(before, 2);
    }

    @Test
    void activationsDieOneByOneDuringBackward() {
        List<Long> seen = new ArrayList<>();
        Tensor x = megabyte().requireGradient();
        long before = live();
        Tensor y = x;
        try (Scope scope = Scope.open()) {
            for (int i = 0; i < 5; i++) {
                y = probe(y.tanh(), seen);
            }
            y = scope.keep(y.sum());
        }
        y.backward();
        // The first probe sees all five activations and a gradient; every later one an activation less.
        assertThat(seen).hasSize(5);
        for (int i = 0; i < 5; i++) {
            assertThat((seen.get(i) - before) / (double) MEGABYTE).isBetween(5.0 - i, 7.3 - i);
        }
    }

    /** Passes on, and writes down how much is live when backward comes by. */
    private Tensor probe(Tensor x, List<Long> seen) {
        return Autograd.record("probe", device, x.storage().retain(), new Tensor[] {x}, new Storage[0], backward -> {
            seen.add(live());
            backward.give(0, backward.gradient());
        });
    }

    @Test
    void anUnusedGraphIsReleasedWithItsTensors() {
        Tensor x = megabyte().requireGradient();
        long before = live();
        try (Scope scope = Scope.open()) {
            x.tanh().exp().square().sum();
            assertThat(live()).isGreaterThan(before + 2 * MEGABYTE);
        }
        assertLive(before, 0);
    }

    @Test
    void aThousandStepsStayFlat() {
        Tensor w = Tensor.full(0.01, 20, 30).requireGradient();
        Tensor x = Tensor.full(0.5, 8, 30);
        long live = 0;
        long allocations = 0;
        for (int step = 0; step < 1000; step++) {
            try (Scope scope = Scope.open()) {
                Tensor loss = x.linear(w, null, null).tanh().square().mean();
                w.clearGradient();
                loss.backward();
                try (Autograd.NoGrad off = Autograd.noGrad()) {
                    w.copyFrom(w.subtract(w.gradient().multiply(0.1)));
                }
            }
            if (step == 2) {
                live = live();
                allocations = device.memoryStats().systemAllocations();
            }
        }
        assertThat(live()).isEqualTo(live);
        if (keepsMemory()) {
            assertThat(device.memoryStats().systemAllocations())
                    .as("after the first steps nothing is asked of the system")
                    .isEqualTo(allocations);
        }
        assertThat(w.square().mean().item()).isLessThan(1e-4f);
    }
}
