package dev.tandem.optim;

import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.Storage;
import dev.tandem.nn.FlatParameters;
import dev.tandem.nn.Module;
import dev.tandem.tensor.Tensor;

/**
 * A moving average of a network's parameters, {@code average += (1 − decay) · (parameters − average)}, which often evaluates
 * better than the parameters themselves (Polyak and Juditsky 1992; Tan and Le 2019, https://arxiv.org/abs/1905.11946). Running
 * statistics of batch norms are averages already and are left as they are.
 *
 * <pre>{@code
 * optimizer.step();
 * average.update();
 * try (var swapped = average.swapIn()) {
 *     evaluate(network);   // with averaged parameters
 * }
 * }</pre>
 */
public final class ExponentialMovingAverage {
    private final FlatParameters parameters;
    private final float decay;
    private final Tensor average;
    private long updates;
    private boolean swapped;

    /** @param decay the share of the past, such as 0.9999; smaller in the first updates: {@code (1 + n) / (10 + n)} */
    public ExponentialMovingAverage(Module network, float decay) {
        this.parameters = network.flatParameters();
        this.decay = Settings.fraction("decay", decay);
        this.average = parameters.zeros(parameters.length());
        average.copyFrom(parameters.values());
    }

    /** Takes the parameters in, after a step. */
    public void update() {
        if (swapped) {
            throw new IllegalStateException("update: the averages stand in the network now; close swapIn() first");
        }
        updates++;
        float past = Math.min(decay, (1f + updates) / (10 + updates));
        parameters
                .device()
                .optimizer()
                .lerp(average.storage(), parameters.values().storage(), 1 - past);
        average.storage().changed("update() of a moving average");
    }

    /** Puts the averages into the network until the result is closed. */
    public Swap swapIn() {
        if (swapped) {
            throw new IllegalStateException("swapIn: the averages stand in the network already");
        }
        swap();
        return new Swap();
    }

    /** See {@link #swapIn}. */
    public final class Swap implements AutoCloseable {
        private boolean closed;

        private Swap() {}

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                swap();
            }
        }
    }

    private void swap() {
        MemoryOps memory = parameters.device().memory();
        Storage kept = memory.copy(parameters.values().storage());
        memory.copyInto(average.storage(), parameters.values().storage());
        memory.copyInto(kept, average.storage());
        parameters.values().storage().changed("swapIn() of a moving average");
        kept.release();
        swapped = !swapped;
    }

    /** The averages, a flat buffer in the parameters' order, for a checkpoint, with {@link #updateCount}. */
    public Tensor average() {
        return average;
    }

    public long updateCount() {
        return updates;
    }

    /** Goes back to a saved {@link #average}. */
    public void restore(Tensor saved, long updateCount) {
        average.copyFrom(saved);
        updates = updateCount;
    }
}
