package dev.tandem.cpu;

/** The loop of {@link PlaneReorder}. */
interface PlaneShuffleKernels {
    /** Floats of a vector. */
    int lanes();

    /**
     * Makes all results of one kind.
     *
     * @param step bytes from part to part
     */
    void shuffle(PlaneShuffle shuffle, int kind, long source, long step, long target);
}
