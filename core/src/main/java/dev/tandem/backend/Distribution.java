package dev.tandem.backend;

/** What random numbers are drawn from. */
public enum Distribution {
    /** Even over [0, 1): the upper 24 bits of a random word times 2⁻²⁴. */
    UNIFORM,
    /**
     * Mean 0, standard deviation 1, by Box and Muller's transform of two uniform numbers: of a pair of words that give u and v,
     * the first element is {@code √(−2 ln(1 − u))·cos 2πv}, the second the same with the sine.
     */
    NORMAL
}
