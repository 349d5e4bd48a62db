package dev.tandem.data;

import java.util.SplittableRandom;

/** Random numbers for the data side, each a pure function of seed, epoch and place. */
final class Shuffle {
    private Shuffle() {}

    /** A permutation of 0 to {@code size − 1}; the same seed and epoch give the same one (Fisher and Yates). */
    static int[] order(int size, long seed, int epoch) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            order[i] = i;
        }
        SplittableRandom random = new SplittableRandom(mix(seed, epoch, 0));
        for (int i = size - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int other = order[i];
            order[i] = order[j];
            order[j] = other;
        }
        return order;
    }

    /** Random numbers for one image in one epoch. */
    static SplittableRandom forImage(long seed, int epoch, int image) {
        return new SplittableRandom(mix(seed, epoch, image + 1L));
    }

    /** Spreads three numbers over 64 bits (the finalizer of Stafford's MurmurHash variant 13, as SplittableRandom's own). */
    private static long mix(long seed, long epoch, long place) {
        long z = seed + 0x9E3779B97F4A7C15L * (epoch + 2) + 0xD1B54A32D192ED03L * place;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
