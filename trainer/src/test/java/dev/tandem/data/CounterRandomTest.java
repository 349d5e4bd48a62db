package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CounterRandomTest {
    /** Values of a few lines of Python after the same formulas: a resumed run must see them on any Java. */
    @Test
    void numbersAreTheSameForever() {
        assertThat(CounterRandom.permutation(10, 0, 0)).containsExactly(5, 1, 0, 6, 4, 8, 7, 2, 9, 3);
        assertThat(CounterRandom.permutation(10, 42, 7)).containsExactly(5, 9, 2, 7, 1, 8, 4, 3, 6, 0);
        assertThat(CounterRandom.permutation(10, -1, 3)).containsExactly(1, 9, 2, 8, 4, 3, 0, 7, 5, 6);
        CounterRandom random = new CounterRandom(42, 7, 3);
        assertThat(IntStream.range(0, 6).map(i -> random.below(1000)).toArray())
                .containsExactly(299, 434, 294, 684, 422, 648);
    }

    @Test
    void aPermutationHasEveryIndexOnce() {
        for (int size : new int[] {0, 1, 2, 1000}) {
            int[] order = CounterRandom.permutation(size, 9, 1);
            Arrays.sort(order);
            assertThat(order).isEqualTo(IntStream.range(0, size).toArray());
        }
    }

    @Test
    void everySeedAndEpochHasItsOrder() {
        long distinct = IntStream.range(0, 400)
                .mapToObj(i -> Arrays.toString(CounterRandom.permutation(50, i / 20, i % 20)))
                .distinct()
                .count();
        assertThat(distinct).isEqualTo(400);
    }

    /** Each of 10 places gets each of 10 numbers 2,000 times on average; the deviation is 42, the bound 5 of them. */
    @Test
    void allOrdersAreEquallyLikely() {
        int[][] counts = new int[10][10];
        for (int epoch = 0; epoch < 20_000; epoch++) {
            int[] order = CounterRandom.permutation(10, 1, epoch);
            for (int place = 0; place < 10; place++) {
                counts[place][order[place]]++;
            }
        }
        for (int[] place : counts) {
            assertThat(Arrays.stream(place).boxed().toList()).allMatch(count -> Math.abs(count - 2_000) < 212);
        }
    }
}
