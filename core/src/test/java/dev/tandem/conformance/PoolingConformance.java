package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Maximum, average and median pooling. */
class PoolingConformance extends Kit {
    /** @param shape N, C, H, W */
    record Case(PoolKind kind, Shape shape, Window window) {
        @Override
        public String toString() {
            return kind + " of " + shape + ", " + window.describe();
        }
    }

    static List<Case> cases() {
        List<Case> all = new ArrayList<>();
        for (PoolKind kind : PoolKind.values()) {
            add(all, kind, Window.square(2, 2, 0), 2, 6, 8, 8);
            add(all, kind, Window.square(2, 2, 0), 2, 17, 7, 5); // a row and a column left over
            add(all, kind, Window.square(3, 2, 0), 1, 64, 7, 7); // AlexNet's overlapping
            add(all, kind, Window.square(3, 2, 1), 2, 24, 8, 9); // ResNet's
            add(all, kind, Window.square(3, 1, 1), 1, 17, 5, 5); // GoogLeNet's
            add(all, kind, Window.square(3, 1, 1), 2, 3, 1, 1);
            add(all, kind, Window.square(1, 1, 0), 2, 17, 3, 4);
            add(all, kind, Window.square(1, 2, 0), 1, 3, 5, 6);
            add(all, kind, Window.square(2, 3, 0), 2, 6, 8, 9); // pixels that no window sees
            add(all, kind, new Window(5, 7, 1, 1, 0, 0, 0, 0, 1, 1), 2, 17, 5, 7); // global
            add(all, kind, new Window(4, 4, 1, 1, 0, 0, 0, 0, 1, 1), 1, 64, 4, 4);
            add(all, kind, new Window(1, 3, 1, 2, 0, 0, 1, 1, 1, 1), 2, 1, 4, 7);
            add(all, kind, new Window(3, 2, 2, 1, 1, 0, 0, 1, 1, 1), 1, 6, 6, 5); // padding on one side
            add(all, kind, new Window(3, 3, 2, 2, 0, 1, 0, 1, 1, 1), 2, 16, 6, 6); // rounded up
            add(all, kind, Window.square(3, 1, 1).withDilation(2, 2), 1, 17, 7, 8);
            add(all, kind, Window.square(2, 2, 0).withDilation(3, 1), 2, 3, 7, 6);
            add(all, kind, Window.square(3, 2, 1), 0, 17, 5, 5);
        }
        return all;
    }

    private static void add(List<Case> all, PoolKind kind, Window window, long... shape) {
        all.add(new Case(kind, Shape.of(shape), window));
    }

    private static Operation pool(Case c, boolean training) {
        return (on, in) -> output(on.neural().pool(c.kind, in[0], c.window, training));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward(Case c) {
        for (boolean training : new boolean[] {false, true}) {
            checkForward(
                    c.kind.picks() ? Tolerance.EXACT : Tolerance.sum(9),
                    pool(c, training),
                    new Draw(1).distinct(c.shape.toArray()));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void paddingNeverWins(Case c) {
        checkForward(Tolerance.sum(9), pool(c, true), new Draw(2).uniform(-9, -5, c.shape.toArray()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backward(Case c) {
        checkGradients(
                Tolerance.sum(9),
                pool(c, true),
                (on, in, gradient) -> {
                    NeuralOps.Result forward = on.neural().pool(c.kind, in[0], c.window, true);
                    Storage x = on.neural().poolBackward(c.kind, gradient, forward.saved(), c.shape, c.window);
                    release(output(forward));
                    return new Storage[] {x};
                },
                new Draw(3).distinct(c.shape.toArray()));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 3, 8, 17, 64})
    void maximumKeepsNaNAndInfinity(long channels) {
        double inf = Double.POSITIVE_INFINITY;
        Values x = new Draw(4).normal(1, channels, 6, 7);
        for (int at = 0; at < x.numbers().length; at += 5) {
            x.numbers()[at] = new double[] {Double.NaN, inf, -inf}[at % 3];
        }
        for (Window window : List.of(
                Window.square(2, 2, 0), Window.square(3, 2, 1), Window.square(3, 1, 1), Window.square(6, 1, 0))) {
            for (boolean training : new boolean[] {false, true}) {
                checkForward(
                        Tolerance.EXACT,
                        (on, in) -> output(on.neural().pool(PoolKind.MAX, in[0], window, training)),
                        x);
            }
        }
    }

    /** With values around zero, so that some windows hold nothing positive; what pooling behind a ReLU gives, both ways. */
    @ParameterizedTest
    @ValueSource(longs = {1, 6, 17, 64})
    void rectifiedMaximumIsTheMaximumOfTheRelu(long channels) {
        if (isReference()) {
            return;
        }
        for (Window window : List.of(Window.square(2, 2, 0), Window.square(3, 2, 1), Window.square(3, 1, 1))) {
            Values x = new Draw(6).distinct(2, channels, 6, 7);
            Values gradient = new Draw(7).normal(2, channels, window.outputHeight(6), window.outputWidth(7));
            try (Held held = new Held()) {
                Storage input = held.add(Arrival.PLAIN.put(device, x));
                Storage back = held.add(Arrival.PLAIN.put(device, gradient));
                Storage relu = held.add(device.math().unary(UnaryOp.RELU, input, 0, 0));
                NeuralOps.Result two = hold(held, device.neural().pool(PoolKind.MAX, relu, window, true));
                NeuralOps.Result one = hold(held, device.neural().pool(PoolKind.RECTIFIED_MAX, input, window, true));
                assertThat(download(one.output())).containsExactly(download(two.output()));
                Storage middle =
                        held.add(device.neural().poolBackward(PoolKind.MAX, back, two.saved(), x.shape(), window));
                Storage expected = held.add(device.math().unaryBackward(UnaryOp.RELU, middle, null, relu, 0, 0, false));
                Storage actual = held.add(
                        device.neural().poolBackward(PoolKind.RECTIFIED_MAX, back, one.saved(), x.shape(), window));
                assertThat(download(actual)).containsExactly(download(expected), within(1e-6)); // sums of up to 9
                assertThat(download(actual)).contains(0);
            }
        }
    }

    private static NeuralOps.Result hold(Held held, NeuralOps.Result result) {
        held.add(result.output());
        held.add(result.saved());
        return result;
    }

    @Test
    void maximumOfNothingButMinusInfinity() {
        double[] numbers = new double[16];
        Arrays.fill(numbers, Double.NEGATIVE_INFINITY);
        Values x = Values.of(Shape.of(1, 1, 4, 4), numbers);
        checkForward(
                Tolerance.EXACT,
                (on, in) -> output(on.neural().pool(PoolKind.MAX, in[0], Window.square(3, 2, 1), true)),
                x);
    }

    /** After a ReLU windows of equal zeros are common: their gradient must go somewhere in the window, whole. */
    @ParameterizedTest
    @EnumSource(names = {"MAX", "MEDIAN"})
    void tiesPassTheWholeGradientOn(PoolKind kind) {
        if (isReference()) {
            return;
        }
        for (long channels : new long[] {1, 17, 24}) {
            Values x = Values.of(Shape.of(2, channels, 6, 6), new double[(int) (2 * channels * 36)]);
            Values gradient = new Draw(5).normal(2, channels, 3, 3);
            for (Arrival[] arrivals : Arrival.combinations(x, gradient)) {
                try (Held held = new Held()) {
                    NeuralOps.Result forward = device.neural()
                            .pool(kind, held.add(arrivals[0].put(device, x)), Window.square(2, 2, 0), true);
                    held.add(forward.output());
                    held.add(forward.saved());
                    Storage back = held.add(device.neural()
                            .poolBackward(
                                    kind,
                                    held.add(arrivals[1].put(device, gradient)),
                                    forward.saved(),
                                    x.shape(),
                                    Window.square(2, 2, 0)));
                    double[] numbers = download(back);
                    for (int window = 0; window < gradient.numbers().length; window++) {
                        long[] at = Index.of(window, gradient.shape());
                        double sum = 0;
                        for (int i = 0; i < 4; i++) {
                            long[] pixel = {at[0], at[1], 2 * at[2] + i / 2, 2 * at[3] + i % 2};
                            sum += numbers[Index.element(pixel, x.shape())];
                        }
                        assertThat(sum).isCloseTo(gradient.numbers()[window], within(1e-6));
                    }
                }
            }
        }
    }
}
