/**
 * The Deep Java Library on its PyTorch engine, the peer in our own language: the networks in DJL's own blocks and a
 * training step as a careful DJL user writes it. Compiled in the Maven profile {@code peers} only.
 */
package dev.tandem.benchmarks.djl;
