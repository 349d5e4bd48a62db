package dev.tandem.nn.functional;

import dev.tandem.backend.Activation;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.Backward;
import dev.tandem.tensor.Tensor;

/** Going back through an activation that was fused behind an operation. */
final class FusedActivation {
    private FusedActivation() {}

    /**
     * The gradient in front of the activation.
     *
     * @param output what the operation saved of its output; null where there is no activation
     */
    static Tensor before(Backward backward, Activation activation, Tensor output) {
        Tensor gradient = backward.gradient();
        if (activation == null) {
            return gradient;
        }
        Storage storage = gradient.storage();
        return Tensor.wrap(
                backward.device(),
                backward.device()
                        .math()
                        .unaryBackward(
                                activation.op(),
                                storage,
                                null,
                                output.storage(),
                                activation.a(),
                                activation.b(),
                                storage.isExclusive()));
    }
}
