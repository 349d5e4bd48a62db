/**
 * Differentiable functions that layers wrap: each checks its shapes, asks the backend for the result and records its
 * backward. No parameters and no state live here; those belong to {@link dev.tandem.nn}.
 */
package dev.tandem.nn.functional;
