package dev.tandem.nn;

import dev.tandem.backend.Activation;
import dev.tandem.tensor.Tensor;

/** A layer that can apply an activation as the last part of its own operation, saving a pass over memory. */
public interface FusesActivation {
    /** As {@link Module#apply}, through an activation; null for none. */
    Tensor apply(Tensor input, Activation activation);
}
