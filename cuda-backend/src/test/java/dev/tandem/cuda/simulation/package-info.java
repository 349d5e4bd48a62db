/**
 * The simulated CUDA as tests see it: builds the libraries of {@code src/test/cpp}, steers them, reads their diagnoses. Knows
 * nothing of the backend.
 */
package dev.tandem.cuda.simulation;
