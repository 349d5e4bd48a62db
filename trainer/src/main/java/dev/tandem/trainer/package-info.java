/**
 * Training and evaluating networks: the loop, metrics, checkpoints, the run folder. Data sets and batches are in {@link
 * dev.tandem.data}. Knows no particular network and no backend.
 */
package dev.tandem.trainer;
