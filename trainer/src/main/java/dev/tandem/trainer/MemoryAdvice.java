package dev.tandem.trainer;

import dev.tandem.backend.MemoryStats;
import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.nn.FlatParameters;
import dev.tandem.nn.Module;

/** Says which batch would fit when one did not. */
final class MemoryAdvice {
    private MemoryAdvice() {}

    /**
     * The same exception with a batch size to try: what parameters take is fixed, the rest grows with the batch. Where the
     * step broke off is taken for its peak, so the advice is rounded down to half of the estimate.
     */
    static OutOfDeviceMemoryException explain(OutOfDeviceMemoryException e, int batchSize, Module model) {
        MemoryStats stats = e.stats();
        FlatParameters flat = model.flatParameters();
        long fixed = 4 * (flat.length() + 2 * flat.trainedLength()); // parameters, gradients, optimizer state
        long perImage = Math.max(1, (stats.liveBytes() + e.requestedBytes() - fixed) / batchSize);
        long fits = Math.max(0, stats.limitBytes() - fixed) / perImage / 2;
        String advice = fits >= 1
                ? "; with this network a batch of about " + Math.min(fits, batchSize - 1) + " should fit"
                : "; the network itself takes most of it: use a smaller network or image size";
        return new OutOfDeviceMemoryException(
                "a batch of " + batchSize + " does not fit: " + e.getMessage() + advice, e.requestedBytes(), stats);
    }
}
