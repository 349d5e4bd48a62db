package dev.tandem.data;

/**
 * Random numbers that are a pure function of seed, epoch and place: whoever asks for them, in whatever order or thread and
 * after whatever pause, gets the same. The generator is SplitMix64 (Steele, Lea and Flood 2014,
 * https://doi.org/10.1145/2660193.2660195), written out because the JDK's own may change from one Java to the next.
 */
final class CounterRandom {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    /** @param place what the numbers are for: an image, or −1 for the order of all */
    CounterRandom(long seed, long epoch, long place) {
        state = mix(mix(mix(seed) + epoch) + place); // one after the other, so that sums of the three do not meet
    }

    /** Even over [0, bound) but for a share of {@code bound / 2^64}. */
    int below(int bound) {
        return (int) Math.unsignedMultiplyHigh(next(), bound);
    }

    private long next() {
        return mix(state += GOLDEN);
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** A permutation of 0 to {@code size − 1} (Fisher and Yates); the same seed and epoch give the same one. */
    static int[] permutation(int size, long seed, long epoch) {
        int[] order = new int[size];
        CounterRandom random = new CounterRandom(seed, epoch, -1);
        for (int i = 0; i < size; i++) {
            int j = random.below(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
