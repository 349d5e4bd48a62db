package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.ShapeException;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How gradients flow: accumulation, sharing, targets, callbacks, and what happens to a graph that was used. */
class AutogradConformance extends TensorKit {
    @Test
    void gradientsAddUpUntilCleared() {
        Tensor w = Tensor.of(1, 2).requireGradient();
        w.multiply(3).sum().backward();
        w.square().sum().backward();
        assertValues(w.gradient(), 5, 7);
        w.clearGradient();
        assertThat(w.gradient()).isNull();
        w.multiply(3).sum().backward();
        assertValues(w.gradient(), 3, 3);
    }

    @Test
    void aSharedSubexpressionCollectsAllItsUses() {
        Tensor x = Tensor.of(2, -1).requireGradient();
        Tensor y = x.square();
        y.add(y.multiply(x)).add(y).sum().backward(); // 2x² + x³
        assertValues(x.gradient(), 4 * 2 + 3 * 4, -4 + 3);
    }

    @Test
    void aLeafMayBeUsedTwiceInOneOperation() {
        Tensor x = Tensor.of(3, -2).requireGradient();
        x.multiply(x).add(x.add(x)).sum().backward();
        assertValues(x.gradient(), 8, -2);
        Tensor w = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).requireGradient();
        w.linear(w, null, null).sum().backward(); // w wᵀ
        assertValues(w.gradient(), 8, 12, 8, 12);
    }

    @Test
    void aComputedTensorShowsItsGradientOnceAllUsesHaveAddedTheirs() {
        Tensor x = Tensor.of(2, -1).requireGradient();
        Tensor y = x.square();
        List<float[]> seen = new ArrayList<>();
        y.onGradient(gradient -> seen.add(gradient.toFloatArray()));
        y.multiply(3).add(y.square()).sum().backward(); // d/dy (3y + y²) = 3 + 2y, y = 4 and 1
        assertThat(seen).hasSize(1);
        assertThat(seen.get(0)).containsExactly(11, 5);
        assertValues(x.gradient(), 11 * 4, 5 * -2);
    }

    @Test
    void onlyAComputedTensorCanBeListenedTo() {
        assertThatThrownBy(() -> Tensor.of(1, 2).square().onGradient(gradient -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("requireGradient");
    }

    @Test
    void detachStopsTheGradient() {
        Tensor x = Tensor.of(2, 3).requireGradient();
        Tensor fixed = x.square().detach();
        assertThat(fixed.requiresGradient()).isFalse();
        fixed.multiply(x).sum().backward();
        assertValues(x.gradient(), 4, 9);
    }

    @Test
    void nothingIsRecordedWithoutGradients() {
        Tensor x = Tensor.of(2, 3).requireGradient();
        try (Autograd.NoGrad off = Autograd.noGrad()) {
            try (Autograd.NoGrad inner = Autograd.noGrad()) {
                assertThat(x.square().requiresGradient()).isFalse();
            }
            assertThat(x.square().requiresGradient()).isFalse();
            assertThat(Autograd.isEnabled()).isFalse();
        }
        assertThat(Autograd.isEnabled()).isTrue();
        assertThat(x.square().requiresGradient()).isTrue();
    }

    @Test
    void aKeptGraphGoesBackAgain() {
        Tensor x = Tensor.of(2, 3).requireGradient();
        Tensor loss = x.exp().square().sum();
        loss.backward(true);
        float[] once = x.gradient().toFloatArray();
        loss.backward(true);
        assertValues(x.gradient(), 2 * once[0], 2 * once[1]);
        loss.backward(false);
        assertValues(x.gradient(), 3 * once[0], 3 * once[1]);
        assertThatThrownBy(loss::backward).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aUsedGraphSaysSo() {
        Tensor x = Tensor.of(2, 3).requireGradient();
        Tensor y = x.exp();
        Tensor first = y.sum();
        Tensor second = y.square().sum();
        first.backward();
        assertThatThrownBy(second::backward)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("EXP", "released", "backward(true)");
        assertThatThrownBy(first::backward).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void backwardOfWhatHasNoGradientSaysSo() {
        assertThatThrownBy(() -> Tensor.scalar(1).backward())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("requireGradient()");
        Tensor x = Tensor.of(1, 2).requireGradient();
        assertThatThrownBy(() -> x.square().backward())
                .isInstanceOf(ShapeException.class)
                .hasMessageContainingAll("backward", "[2]");
        assertThatThrownBy(() -> x.square().backward(Tensor.of(1, 2, 3), false))
                .isInstanceOf(ShapeException.class)
                .hasMessageContainingAll("[3]", "[2]");
        assertThatThrownBy(() -> Tensor.ofLongs(new long[] {1}, 1).requireGradient())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("INT64");
        assertThatThrownBy(() -> x.square().requireGradient())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("SQUARE", "detach()");
    }

    @Test
    void backwardStartsFromAnyGradient() {
        Tensor x = Tensor.of(1, 2).requireGradient();
        x.square().backward(Tensor.of(10, 100), false);
        assertValues(x.gradient(), 20, 400);
        Tensor leaf = Tensor.of(1, 2).requireGradient();
        leaf.backward(Tensor.of(5, 6), false);
        assertValues(leaf.gradient(), 5, 6);
    }

    @Test
    void theGivenGradientStaysAsItWas() {
        Tensor x = Tensor.of(1, -2).requireGradient();
        Tensor seed = Tensor.of(3, 4);
        x.negate().relu().negate().backward(seed, false);
        assertValues(seed, 3, 4);
        x.gradient().set(9, 9);
        assertValues(seed, 3, 4);
    }

    @Test
    void gradientsAreNotSharedBetweenLeaves() {
        Tensor a = Tensor.of(1, 2).requireGradient();
        Tensor b = Tensor.of(3, 4).requireGradient();
        a.add(b).sum().backward();
        a.gradient().set(7, 7);
        assertValues(b.gradient(), 1, 1);
    }

    @Test
    void frozenLeavesGetNone() {
        Tensor a = Tensor.of(1, 2).requireGradient();
        Tensor b = Tensor.of(3, 4).requireGradient();
        b.setRequiresGradient(false);
        a.multiply(b).sum().backward();
        assertValues(a.gradient(), 3, 4);
        assertThat(b.gradient()).isNull();
    }

    // Targets
    // ---------------------------------------------------------------------------------------------------------

    /** A leaf whose gradient is to lie in the middle of a flat buffer. */
    private Tensor leafWithTarget(Tensor flat, long offset, Tensor leaf) {
        Storage target = device.memory().view(flat.storage(), offset, leaf.shape());
        Tensor.wrap(device, target); // released with the scope
        leaf.requireGradient().setGradientTarget(target);
        return leaf;
    }

    @Test
    void gradientsAreWrittenToTheirTargets() {
        Tensor flat = Tensor.full(-1, 10);
        Tensor w = leafWithTarget(flat, 3, Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
        Tensor x = Tensor.of(new float[] {1, 10}, 1, 2);
        x.linear(w, null, null).sum().backward();
        assertValues(flat, -1, -1, -1, 1, 10, 1, 10, -1, -1, -1);
        assertValues(w.gradient(), 1, 10, 1, 10);
        w.square().sum().backward(); // adds
        assertValues(flat, -1, -1, -1, 3, 14, 7, 18, -1, -1, -1);
        w.clearGradient();
        w.multiply(5).sum().backward(); // overwrites
        assertValues(flat, -1, -1, -1, 5, 5, 5, 5, -1, -1, -1);
        assertThat(w.gradient().storage().shape()).isEqualTo(Shape.of(2, 2));
    }

    @Test
    void targetsTakeTheSumOfSeveralUses() {
        Tensor flat = Tensor.full(Double.NaN, 6);
        Tensor w = leafWithTarget(flat, 1, Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
        w.linear(w, null, null).add(w.matmul(w)).add(w).sum().backward();
        double[] expected = {8 + 10 + 1, 12 + 14 + 1, 8 + 10 + 1, 12 + 14 + 1};
        // w·w: column sums' and row sums' parts, by hand: d/dw Σ(w w) = rowsum + columnsum
        double[] row = {3, 7};
        double[] column = {4, 6};
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
                expected[2 * i + j] = 2 * column[j] + row[j] + column[i] + 1;
            }
        }
        assertValues(w.gradient(), expected);
        float[] all = flat.toFloatArray();
        assertThat(all[0]).isNaN();
        assertThat(all[5]).isNaN();
        assertThat(all[1]).isEqualTo((float) expected[0]);
    }

    @Test
    void targetsSurviveManySteps() {
        Tensor flat = Tensor.full(0, 4);
        Tensor w = leafWithTarget(flat, 1, Tensor.of(new float[] {1, 2}, 1, 2));
        for (int step = 1; step <= 3; step++) {
            w.clearGradient();
            Tensor.full(step, 1, 2).linear(w, null, null).sum().backward();
            assertValues(flat, 0, step, step, 0);
        }
    }

    // Callbacks
    // -------------------------------------------------------------------------------------------------------

    @Test
    void aGradientIsReadyOnceAfterItsLastPart() {
        List<String> calls = new ArrayList<>();
        Tensor early = Tensor.of(1, 2).requireGradient();
        Tensor late = Tensor.of(3, 4).requireGradient();
        early.onGradientReady(leaf ->
                calls.add("early " + java.util.Arrays.toString(leaf.gradient().toFloatArray())));
        late.onGradientReady(leaf ->
                calls.add("late " + java.util.Arrays.toString(leaf.gradient().toFloatArray())));
        Tensor y = early.multiply(2);
        Tensor z = y.multiply(late).add(late).add(late.multiply(late));
        z.add(early).sum().backward();
        assertThat(calls).containsExactly("late [9.0, 13.0]", "early [7.0, 9.0]");
        calls.clear();
        early.square().sum().backward();
        assertThat(calls).hasSize(1);
        early.onGradientReady(null);
        early.square().sum().backward();
        assertThat(calls).hasSize(1);
    }

    @Test
    void aLeafUsedTwiceInOneOperationIsReadyOnce() {
        int[] calls = {0};
        Tensor w = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).requireGradient();
        w.onGradientReady(leaf -> {
            calls[0]++;
            assertValues(leaf.gradient(), 8, 12, 8, 12);
        });
        w.linear(w, null, null).sum().backward();
        assertThat(calls[0]).isEqualTo(1);
    }

    /** A custom operation of two inputs that gives only its first a gradient. */
    private Tensor firstOnly(Tensor a, Tensor b) {
        Storage sum = device.math().binary(dev.tandem.backend.BinaryOp.ADD, a.storage(), b.storage());
        return Autograd.record("firstOnly", device, sum, new Tensor[] {a, b}, new Storage[0], backward -> {
            backward.give(0, backward.gradient());
        });
    }

    @Test
    void aLeafThatGetsNothingIsReadyToo() {
        // Data parallelism waits for every parameter: one that no gradient reaches must not hang it.
        List<String> calls = new ArrayList<>();
        Tensor a = Tensor.of(1, 2).requireGradient();
        Tensor b = Tensor.of(3, 4).requireGradient();
        Tensor direct = Tensor.of(5, 6).requireGradient();
        a.onGradientReady(leaf -> calls.add("a"));
        b.onGradientReady(leaf -> calls.add("b"));
        direct.onGradientReady(leaf -> calls.add("direct"));
        firstOnly(firstOnly(a, b.exp().square()), direct).sum().backward();
        assertThat(calls).containsExactlyInAnyOrder("a", "b", "direct");
        assertValues(a.gradient(), 1, 1);
        assertThat(b.gradient()).isNull();
        assertThat(direct.gradient()).isNull();
    }

    // Errors leave nothing behind: the kit counts storages after each test
    // --------------------------------------------

    @Test
    void aReleasedLeafIsAnError() {
        Tensor w = Tensor.of(1, 2).requireGradient();
        Tensor v = Tensor.of(1, 2).requireGradient();
        Tensor loss = w.exp().multiply(v.exp()).sum();
        w.release();
        assertThatThrownBy(loss::backward)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("leaf", "[2]", "released");
    }

    @Test
    void anErrorInABackwardLeavesNothingBehind() {
        Tensor a = Tensor.of(1, 2).requireGradient();
        Tensor b = Tensor.of(3, 4).requireGradient();
        Storage sum = device.math().binary(dev.tandem.backend.BinaryOp.ADD, a.storage(), b.storage());
        Tensor bad = Autograd.record("bad", device, sum, new Tensor[] {a.exp(), b}, new Storage[0], backward -> {
            backward.give(0, backward.gradient());
            throw new UnsupportedOperationException("bad has no backward");
        });
        Tensor loss = bad.multiply(a).sum();
        assertThatThrownBy(loss::backward).hasMessage("bad has no backward");
        assertThat(Autograd.isEnabled()).isTrue();
    }

    @Test
    void thousandsOfOperationsDoNotOverflowTheStack() {
        Tensor x = Tensor.of(1, 2).requireGradient();
        Tensor y = x;
        for (int i = 0; i < 20_000; i++) {
            y = y.add(0);
        }
        y.sum().backward();
        assertValues(x.gradient(), 1, 1);
    }

    @Test
    void gradientsOfHalvesAreHalves() {
        Tensor x = Tensor.of(1, 2).cast(DType.BFLOAT16).detach().requireGradient();
        x.multiply(Tensor.of(3, 4)).sum().backward();
        assertThat(x.gradient().dtype()).isEqualTo(DType.BFLOAT16);
        assertValues(x.gradient(), 3, 4);
    }
}
