/**
 * The seam between tensors and devices. A backend implements five small interfaces ({@link
 * dev.tandem.backend.MemoryOps}, {@link dev.tandem.backend.MathOps}, {@link dev.tandem.backend.NeuralOps}, {@link
 * dev.tandem.backend.OptimizerOps}, {@link dev.tandem.backend.InputOps}) over its own {@link
 * dev.tandem.backend.Storage}; {@link dev.tandem.backend.BackendProvider} lets {@code ServiceLoader} find it.
 *
 * <p>Rules of the seam. Shapes are checked by the caller ({@code dev.tandem.tensor}) before an operation is asked for, so
 * that every backend gives the same message. The physical order of a storage's elements is the backend's private matter
 * and travels from operation to operation; what must be in plain (row-major) order says so. Operations return new
 * storages with one reference, owned by the caller; arguments are borrowed. A storage argument named {@code into} or
 * {@code …Gradient} is written. What a backend cannot do throws {@link java.lang.UnsupportedOperationException} naming
 * the operation and the backend. Everything happens on the thread that opened the device.
 */
package dev.tandem.backend;
