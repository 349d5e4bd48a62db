package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/** Plain loops, for Java runtimes without the Vector API and for the last elements of vector loops. */
final class ScalarRandomKernels implements RandomKernels {
    private static final long LOW_WORD = 0xFFFFFFFFL;

    /** Words (1, 0) and (3, 2) of a counter's four random ones: two longs to the given place. */
    static void philox(long counter01, long counter23, long key, long[] words) {
        long w0 = counter01 & LOW_WORD;
        long w1 = counter01 >>> 32;
        long w2 = counter23 & LOW_WORD;
        long w3 = counter23 >>> 32;
        long key0 = key & LOW_WORD;
        long key1 = key >>> 32;
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = w0 * MULTIPLIER_0;
            long product1 = w2 * MULTIPLIER_1;
            w0 = product1 >>> 32 ^ w1 ^ key0;
            w1 = product1 & LOW_WORD;
            w2 = product0 >>> 32 ^ w3 ^ key1;
            w3 = product0 & LOW_WORD;
            key0 = key0 + INCREMENT_0 & LOW_WORD;
            key1 = key1 + INCREMENT_1 & LOW_WORD;
        }
        words[0] = w1 << 32 | w0;
        words[1] = w3 << 32 | w2;
    }

    /** The upper 24 bits of word 0 to 3. */
    private static int fraction(long[] words, int word) {
        return (int) (words[word / 2] >>> 32 * (word % 2) + 8) & 0xFFFFFF;
    }

    @Override
    public void uniform(long target, int count, long seed, long counter) {
        long[] words = new long[2];
        for (int i = 0; i < count; i += WORDS) {
            philox(counter + i / WORDS, 0, seed, words);
            int end = Math.min(WORDS, count - i);
            for (int word = 0; word < end; word++) {
                set(target, i + word, fraction(words, word) * 0x1p-24f);
            }
        }
    }

    @Override
    public void normal(long target, int count, long seed, long counter) {
        long[] words = new long[2];
        for (int i = 0; i < count; i += 2) {
            if (i % WORDS == 0) {
                philox(counter + i / WORDS, 0, seed, words);
            }
            int word = i % WORDS;
            long pair = BoxMuller.pair(fraction(words, word), fraction(words, word + 1));
            set(target, i, Float.intBitsToFloat((int) pair));
            if (i + 1 < count) {
                set(target, i + 1, Float.intBitsToFloat((int) (pair >>> 32)));
            }
        }
    }

    @Override
    public void dropout(long x, long y, long mask, int count, int threshold, float scale, long seed, long counter) {
        long[] words = new long[2];
        int bits = 0;
        for (int i = 0; i < count; i += WORDS) {
            philox(counter + i / WORDS, 0, seed, words);
            int end = Math.min(WORDS, count - i);
            for (int word = 0; word < end; word++) {
                boolean kept = fraction(words, word) >= threshold;
                set(y, i + word, kept ? get(x, i + word) * scale : 0);
                bits |= kept ? 1 << (i + word) % 8 : 0;
            }
            if (i % 8 != 0 || i + end == count) {
                NativeMemory.ALL.set(JAVA_BYTE, mask + i / 8, (byte) bits);
                bits = 0;
            }
        }
    }

    @Override
    public void keep(long x, long y, long mask, int count, float scale) {
        for (int i = 0; i < count; i++) {
            boolean kept = (NativeMemory.ALL.get(JAVA_BYTE, mask + i / 8) >> i % 8 & 1) != 0;
            set(y, i, kept ? get(x, i) * scale : 0);
        }
    }

    private static float get(long address, int i) {
        return NativeMemory.ALL.get(JAVA_FLOAT, address + (long) Float.BYTES * i);
    }

    private static void set(long address, int i, float value) {
        NativeMemory.ALL.set(JAVA_FLOAT, address + (long) Float.BYTES * i, value);
    }
}
