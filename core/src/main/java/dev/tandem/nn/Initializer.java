package dev.tandem.nn;

import dev.tandem.tensor.Rng;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/** How a parameter starts. See {@link Initializers}. */
@FunctionalInterface
public interface Initializer {
    /** Start values of the given shape, float32, on the random numbers' device. */
    Tensor create(Shape shape, Rng random);
}
