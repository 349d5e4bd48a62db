package dev.tandem.benchmarks;

/** One framework training one {@link TrainingCase}, its data already where the framework wants it. */
@FunctionalInterface
public interface Contender {
    /**
     * One training step to its end: forward, cross-entropy, backward, momentum SGD.
     *
     * @return the batch's loss before the update, so that a contender that learns nothing is seen
     */
    float step();
}
