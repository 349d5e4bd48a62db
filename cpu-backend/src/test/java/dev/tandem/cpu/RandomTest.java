package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.Distribution;
import dev.tandem.tensor.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Philox and what is drawn from it. */
class RandomTest {
    private static final long SEED = 0x123456789ABCDEFL;

    /** From the Random123 library's kat_vectors. */
    @ParameterizedTest
    @CsvSource({
        "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
        "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1",
    })
    void philoxGivesThePublishedWords(String counter, String key, String expected) {
        long[] words = new long[2];
        ScalarRandomKernels.philox(pair(counter, 0), pair(counter, 1), pair(key, 0), words);
        assertThat(words).containsExactly(pair(expected, 0), pair(expected, 1));
    }

    /** Two words, the first one low. */
    private static long pair(String hex, int which) {
        String[] words = hex.split(" ");
        return Long.parseLong(words[2 * which], 16) | Long.parseLong(words[2 * which + 1], 16) << 32;
    }

    /** The upper 24 bits of element {@code i}'s word. */
    static int bits(long seed, long offset, long i) {
        long[] words = new long[2];
        ScalarRandomKernels.philox(offset + i / 4, 0, seed, words);
        long pair = words[(int) (i % 4 / 2)];
        return (int) (i % 2 == 0 ? pair : pair >>> 32) >>> 8;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 5, 31, 32, 33, 1000, 8192, 8193, 100_003})
    void elementsComeFromTheirOwnCountersAndTheOffsetAdvances(int count) {
        long offset = 0xFFFFFFF0L; // soon the counter needs its second word
        try (TestRuntime test = new TestRuntime(2)) {
            CpuMath math = test.math();
            CpuStorage state = test.longs(SEED, offset);
            CpuStorage uniform = (CpuStorage) math.random(Distribution.UNIFORM, Shape.of(count), state);
            long advanced = offset + (count + 3) / 4;
            assertThat(test.longArray(state)).containsExactly(SEED, advanced);
            CpuStorage normal = (CpuStorage) math.random(Distribution.NORMAL, Shape.of(count), state);
            assertThat(test.longArray(state)).containsExactly(SEED, advanced + (count + 3) / 4);
            float[] uniforms = new float[count];
            float[] normals = new float[count];
            for (int i = 0; i < count; i++) {
                uniforms[i] = bits(SEED, offset, i) * 0x1p-24f;
                int pair = i / 2 * 2;
                double radius = Math.sqrt(-2 * Math.log(1 - bits(SEED, advanced, pair) * 0x1p-24));
                double angle = 2 * Math.PI * bits(SEED, advanced, pair + 1) * 0x1p-24;
                normals[i] = (float) (radius * (i % 2 == 0 ? Math.cos(angle) : Math.sin(angle)));
            }
            TestRuntime.assertClose(test.array(uniform), uniforms, 0);
            // Up to 5.8 in size: a few units in the last place.
            TestRuntime.assertClose(test.array(normal), normals, 2e-6);
            test.release(uniform, normal);
        }
    }

    @Test
    void theNumberOfThreadsDoesNotMatter() {
        assertThat(Arrays.equals(normals(1), normals(2))).isTrue();
        assertThat(Arrays.equals(normals(1), normals(3))).isTrue();
    }

    private static float[] normals(int threads) {
        try (TestRuntime test = new TestRuntime(threads)) {
            CpuStorage result =
                    (CpuStorage) test.math().random(Distribution.NORMAL, Shape.of(3, 33_335), test.longs(SEED, 7));
            float[] values = test.array(result);
            result.release();
            return values;
        }
    }

    @Test
    void normalNumbersHaveTheMomentsOfTheirDistribution() {
        float[] values = normals(2);
        double[] moments = new double[5];
        for (float value : values) {
            for (int power = 1; power <= 4; power++) {
                moments[power] += Math.pow(value, power) / values.length;
            }
        }
        // Four standard deviations of each mean over 100,005 numbers: √(1, 2, 15, 96) / √100,005.
        assertThat(moments[1]).isCloseTo(0, within(0.013));
        assertThat(moments[2]).isCloseTo(1, within(0.018));
        assertThat(moments[3]).isCloseTo(0, within(0.05));
        assertThat(moments[4]).isCloseTo(3, within(0.13));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 32, 63, 64, 1027})
    void vectorLoopsGiveTheBitsOfScalarLoops(int count) {
        RandomKernels vector = Kernels.of(RandomKernels.class, true);
        RandomKernels scalar = Kernels.of(RandomKernels.class, false);
        try (TestRuntime test = new TestRuntime(1)) {
            long[] a = {test.floats(new float[count]).address, test.floats(new float[count]).address};
            CpuStorage x = test.floats(TestRuntime.normal(1, count));
            CpuStorage y = test.floats(new float[count]);
            CpuStorage z = test.floats(new float[count]);
            vector.uniform(y.address, count, SEED, -3);
            scalar.uniform(z.address, count, SEED, -3);
            TestRuntime.assertClose(test.array(y), test.array(z), 0);
            vector.normal(y.address, count, SEED, -3);
            scalar.normal(z.address, count, SEED, -3);
            TestRuntime.assertClose(test.array(y), test.array(z), 0);
            vector.dropout(x.address, y.address, a[0], count, 5_000_000, 1.5f, SEED, -3);
            scalar.dropout(x.address, z.address, a[1], count, 5_000_000, 1.5f, SEED, -3);
            TestRuntime.assertClose(test.array(y), test.array(z), 0);
            int bytes = (count + 7) / 8;
            assertThat(NativeMemory.segment(a[0], bytes).mismatch(NativeMemory.segment(a[1], bytes)))
                    .isEqualTo(-1);
            vector.keep(x.address, y.address, a[0], count, 1.5f);
            TestRuntime.assertClose(test.array(y), test.array(z), 0);
            scalar.keep(x.address, y.address, a[0], count, 1.5f);
            TestRuntime.assertClose(test.array(y), test.array(z), 0);
        }
    }

    @Test
    void theTransformOfAnyWordIsExactToAboutFloat32() {
        for (int u = 0; u < 1 << 24; u += 4099) {
            int v = (int) (u * 2654435761L & 0xFFFFFF);
            double radius = Math.sqrt(-2 * Math.log(1 - u * 0x1p-24));
            check(u, v, radius * Math.cos(2 * Math.PI * v * 0x1p-24), radius * Math.sin(2 * Math.PI * v * 0x1p-24));
        }
        check(0, 5, 0, 0);
        check((1 << 24) - 1, 0, Math.sqrt(2 * 24 * Math.log(2)), 0);
        check((1 << 24) - 1, 1 << 22, 0, Math.sqrt(2 * 24 * Math.log(2)));
    }

    private static void check(int u, int v, double cosine, double sine) {
        long pair = BoxMuller.pair(u, v);
        // Some units in the last place of numbers up to 5.8.
        assertThat((double) Float.intBitsToFloat((int) pair)).isCloseTo(cosine, within(1.5e-6));
        assertThat((double) Float.intBitsToFloat((int) (pair >>> 32))).isCloseTo(sine, within(1.5e-6));
    }
}
