/**
 * What every backend must do, as tests that any backend runs: each operation against {@link
 * dev.tandem.conformance.ReferenceBackend}, a plain double-precision implementation that shares no code with anybody, and
 * each gradient against finite differences of it. Core publishes this package in its test-jar; a backend's build names its
 * device in the system property {@code tandem.conformance.device} and runs the classes named {@code *Conformance}.
 */
package dev.tandem.conformance;
