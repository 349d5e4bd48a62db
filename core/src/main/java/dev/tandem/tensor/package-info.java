/**
 * Tensors, their arithmetic and autograd. Everything here is the same on every device: shapes are checked here, the work is
 * done by the {@linkplain dev.tandem.backend backend} of the tensor's {@link dev.tandem.tensor.Device}. No layers and no
 * knowledge of training.
 */
package dev.tandem.tensor;
