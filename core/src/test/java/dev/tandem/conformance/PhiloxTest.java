package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Known answers: {@code kat_vectors} of Random123, the authors' own library. */
class PhiloxTest {
    @Test
    void zerosGiveThePublishedWords() {
        assertThat(Philox.words(new int[4], new int[2]))
                .containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    }

    @Test
    void onesGiveThePublishedWords() {
        int[] counter = {-1, -1, -1, -1};
        assertThat(Philox.words(counter, new int[] {-1, -1}))
                .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    }

    @Test
    void digitsOfPiGiveThePublishedWords() {
        int[] counter = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
        assertThat(Philox.words(counter, new int[] {0xa4093822, 0x299f31d0}))
                .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
    }

    @Test
    void seedAndOffsetTakeAllTheirBits() {
        int[] key = {0x89ABCDEF, 0x01234567};
        assertThat(Philox.words(0x0123456789ABCDEFL, 0xFFFFFFFFL, 1))
                .isEqualTo(Philox.words(new int[] {0, 1, 0, 0}, key));
    }

    @Test
    void uniformNumbersAreTheUpper24Bits() {
        assertThat(Philox.uniform(0, 0, 5))
                .startsWith(0x6627e8 * 0x1p-24, 0xe169c5 * 0x1p-24, 0xbc57ac * 0x1p-24, 0x9b00db * 0x1p-24);
        assertThat(Philox.uniform(0, 0, 5)[4]).isEqualTo(Philox.uniform(0, 1, 1)[0]);
    }

    @Test
    void normalNumbersComeInPairs() {
        double[] expected = {0.7379256600714554, -0.6884336528957417, -1.2860191680107422, -1.003788933905129};
        assertThat(Philox.normal(0, 0, 4)).containsExactly(expected, within(1e-14));
    }

    @Test
    void manyNormalNumbersHaveMeanZeroAndVarianceOne() {
        double[] numbers = Philox.normal(7, 0, 100_000);
        // The standard error of the mean is 1/√100000 = 0.003, of the variance √2 of it.
        assertThat(Arrays.stream(numbers).average().orElseThrow()).isCloseTo(0, within(0.012));
        assertThat(Arrays.stream(numbers).map(x -> x * x).average().orElseThrow())
                .isCloseTo(1, within(0.018));
    }
}
