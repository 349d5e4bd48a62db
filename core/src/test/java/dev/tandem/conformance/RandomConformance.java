package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.Distribution;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random numbers: the same on every device, from seed and offset alone. */
class RandomConformance extends Kit {
    private static final long[][] STATES = {
        {0, 0}, {1, 0}, {42, 7}, {-1, 3}, {0x123456789ABCDL, 0xFFFFFFFEL}, {5, 1L << 33}, {-(1L << 40), 1}
    };

    @ParameterizedTest
    @EnumSource
    void numbersFollowFromSeedAndOffset(Distribution distribution) {
        // Uniform numbers are exact; normal ones go through logarithm and cosine.
        Tolerance tolerance =
                distribution == Distribution.UNIFORM ? Tolerance.EXACT : Tolerance.elementwise(DType.FLOAT32);
        for (long[] state : STATES) {
            for (long[] sizes : new long[][] {{}, {1}, {2}, {3}, {4}, {5}, {1027}, {3, 5, 7}, {2, 17, 3, 5}, {0}}) {
                checkForward(
                        tolerance,
                        (on, in) -> {
                            Storage copy = on.memory().copy(in[0]);
                            Storage result = on.math().random(distribution, Shape.of(sizes), copy);
                            copy.release();
                            return result;
                        },
                        Values.seed(state[0], state[1]));
            }
        }
    }

    @Test
    void normalNumbersReachTheTails() {
        checkForward(
                new Tolerance(1e-5, true),
                (on, in) -> {
                    Storage copy = on.memory().copy(in[0]);
                    Storage result = on.math().random(Distribution.NORMAL, Shape.of(50_000), copy);
                    copy.release();
                    return result;
                },
                Values.seed(9, 0));
    }

    @ParameterizedTest
    @EnumSource
    void theOffsetAdvancesByOneForFourElements(Distribution distribution) {
        for (long count : new long[] {0, 1, 4, 5, 1027}) {
            try (Held held = new Held()) {
                Storage state = put(held, Values.seed(3, 100));
                held.add(device.math().random(distribution, Shape.of(count), state));
                assertThat(download(state)).containsExactly(3, 100 + (count + 3) / 4);
            }
        }
    }

    @Test
    void laterDrawsContinueTheStream() {
        try (Held held = new Held()) {
            Storage state = put(held, Values.seed(3, 0));
            Storage whole =
                    held.add(device.math().random(Distribution.UNIFORM, Shape.of(24), put(held, Values.seed(3, 0))));
            Storage first = held.add(device.math().random(Distribution.UNIFORM, Shape.of(8), state));
            Storage second = held.add(device.math().random(Distribution.UNIFORM, Shape.of(4, 4), state));
            double[] expected = download(whole);
            assertThat(download(first)).isEqualTo(java.util.Arrays.copyOfRange(expected, 0, 8));
            assertThat(download(second)).isEqualTo(java.util.Arrays.copyOfRange(expected, 8, 24));
        }
    }

    @Test
    void uniformNumbersStayBelowOne() {
        try (Held held = new Held()) {
            Storage state = put(held, Values.seed(1, 0));
            double[] numbers = download(held.add(device.math().random(Distribution.UNIFORM, Shape.of(100_000), state)));
            for (double number : numbers) {
                assertThat(number >= 0 && number < 1).isTrue();
            }
        }
    }
}
