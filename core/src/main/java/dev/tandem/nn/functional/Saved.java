package dev.tandem.nn.functional;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.Backward;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;

/** What a forward keeps for its backward: storages that may be null where a backend needs nothing. */
final class Saved {
    private Saved() {}

    /** Borrowed; null if null was saved. */
    static Storage storage(Backward backward, int index) {
        Tensor saved = backward.saved(index);
        return saved == null ? null : saved.storage();
    }

    /** Gives up the forward's own reference; a recorded operation has one of its own. */
    static void release(Storage storage) {
        if (storage != null) {
            storage.release();
        }
    }

    /** Where to write a gradient that the backend writes in any case; a frozen parameter's goes nowhere. */
    static Storage targetOrScratch(Backward backward, int index, Shape shape) {
        Storage target = backward.target(index);
        return target != null ? target : backward.device().memory().allocate(shape, DType.FLOAT32);
    }
}
