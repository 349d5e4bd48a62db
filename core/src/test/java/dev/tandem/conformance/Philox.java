package dev.tandem.conformance;

/**
 * Philox 4×32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): ten rounds of multiplication and
 * exclusive or turn a counter and a key into four random words.
 */
final class Philox {
    private Philox() {}

    static int[] words(int[] counter, int[] key) {
        int[] c = counter.clone();
        int key0 = key[0];
        int key1 = key[1];
        for (int round = 0; round < 10; round++) {
            long product0 = Integer.toUnsignedLong(c[0]) * 0xD2511F53L;
            long product1 = Integer.toUnsignedLong(c[2]) * 0xCD9E8D57L;
            int high0 = (int) (product0 >>> 32);
            int high1 = (int) (product1 >>> 32);
            c = new int[] {high1 ^ c[1] ^ key0, (int) product1, high0 ^ c[3] ^ key1, (int) product0};
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }
        return c;
    }

    /** The four words for elements {@code 4·block} to {@code 4·block + 3} of a stream. */
    static int[] words(long seed, long offset, long block) {
        long counter = offset + block;
        return words(
                new int[] {(int) counter, (int) (counter >>> 32), 0, 0}, new int[] {(int) seed, (int) (seed >>> 32)});
    }

    static double uniform(int word) {
        return (word >>> 8) * 0x1p-24;
    }

    /** {@code count} numbers even over [0, 1). */
    static double[] uniform(long seed, long offset, int count) {
        double[] result = new double[count];
        for (int i = 0; i < count; i++) {
            result[i] = uniform(words(seed, offset, i / 4)[i % 4]);
        }
        return result;
    }

    /** {@code count} normal numbers: {@code √(−2 ln(1 − u))} times the cosine, then the sine, of {@code 2πv}. */
    static double[] normal(long seed, long offset, int count) {
        double[] result = new double[count];
        for (int i = 0; i < count; i++) {
            int[] words = words(seed, offset, i / 4);
            int pair = i % 4 / 2 * 2;
            double radius = Math.sqrt(-2 * Math.log(1 - uniform(words[pair])));
            double angle = 2 * Math.PI * uniform(words[pair + 1]);
            result[i] = radius * (i % 2 == 0 ? Math.cos(angle) : Math.sin(angle));
        }
        return result;
    }
}
