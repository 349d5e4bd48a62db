/**
 * Training speed, first-step time and memory, of us and of our peers, in one interleaved run.
 *
 * <p>A {@link dev.tandem.benchmarks.Contender} trains one {@link dev.tandem.benchmarks.TrainingCase} in a process of its
 * own and answers a line protocol ({@link dev.tandem.benchmarks.ContenderServer});
 * {@link dev.tandem.benchmarks.CompareTraining} drives several of them in turns. Peers that need dependencies of their own
 * lie in {@code src/peers} behind the Maven profile {@code peers}. Nothing here is published.
 */
package dev.tandem.benchmarks;
