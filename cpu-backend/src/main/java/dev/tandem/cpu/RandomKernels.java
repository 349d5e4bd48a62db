package dev.tandem.cpu;

/**
 * Random numbers by Philox 4×32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), at absolute
 * addresses. A counter makes four words, of which elements are made. Two implementations give the same bits, so that a seed
 * means the same on every machine; no operation is fused, since not every machine can.
 */
interface RandomKernels {
    // The multipliers and the key's increments of Philox 4×32.
    long MULTIPLIER_0 = 0xD2511F53L;
    long MULTIPLIER_1 = 0xCD9E8D57L;
    long INCREMENT_0 = 0x9E3779B9L;
    long INCREMENT_1 = 0xBB67AE85L;
    int ROUNDS = 10;

    /** Elements that the four words of a counter make. */
    int WORDS = 4;

    /** Even over [0, 1): the upper 24 bits of each word. */
    void uniform(long target, int count, long seed, long counter);

    /** Mean 0, standard deviation 1: {@code √(−2 ln(1 − u))} times the cosine and the sine of {@code 2πv}, for words (0, 1) and (2, 3). */
    void normal(long target, int count, long seed, long counter);

    /**
     * Element {@code i} of {@code y} becomes {@code x·scale} and bit {@code i} of the mask 1 where the upper 24 bits of its
     * word are at least {@code threshold}; else both become 0.
     */
    void dropout(long x, long y, long mask, int count, int threshold, float scale, long seed, long counter);

    /** {@code y = x·scale} where the mask's bit is 1, else 0. */
    void keep(long x, long y, long mask, int count, float scale);
}
