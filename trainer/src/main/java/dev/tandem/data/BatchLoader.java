package dev.tandem.data;

import java.lang.foreign.Arena;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Prepares batches ahead on a thread of its own. What a batch holds depends on seed, epoch and position alone, so a run that
 * was stopped can go on with the very batches it would have seen.
 */
public final class BatchLoader implements AutoCloseable {
    private static final int AHEAD = 3;

    private final ImageDataset dataset;
    private final int batchSize;
    private final boolean shuffled;
    private final boolean keepsLast;
    private final long seed;
    private final Augmentation augmentation;
    private final Arena arena = Arena.ofShared();
    private final BlockingQueue<Batch> free = new ArrayBlockingQueue<>(AHEAD + 1);
    private BlockingQueue<Object> ready; // batches, then END or a Throwable
    private Thread worker;
    private Batch lent;
    private long nanosWaited;

    private static final Object END = new Object();

    private BatchLoader(
            ImageDataset dataset,
            int batchSize,
            boolean shuffled,
            boolean keepsLast,
            long seed,
            Augmentation augmentation) {
        if (batchSize < 1 || batchSize > dataset.size()) {
            throw new IllegalArgumentException("batch of " + batchSize + " images: data set " + dataset.name() + " has "
                    + dataset.size() + "; use a batch between 1 and that");
        }
        this.dataset = dataset;
        this.batchSize = batchSize;
        this.shuffled = shuffled;
        this.keepsLast = keepsLast;
        this.seed = seed;
        this.augmentation = augmentation;
        for (int i = 0; i <= AHEAD; i++) {
            free.add(new Batch(dataset, batchSize, arena));
        }
    }

    /**
     * For training: a new order each epoch. Images that do not fill a last batch are left out of their epoch. Call {@link
     * #startEpoch} first.
     */
    public static BatchLoader shuffled(ImageDataset dataset, int batchSize, long seed, Augmentation augmentation) {
        return new BatchLoader(dataset, batchSize, true, false, seed, augmentation);
    }

    /** For evaluation: every image once, in order, the last batch as small as it is. */
    public static BatchLoader inOrder(ImageDataset dataset, int batchSize) {
        BatchLoader loader = new BatchLoader(dataset, batchSize, false, true, 0, Augmentation.NONE);
        loader.startEpoch(0, 0);
        return loader;
    }

    public long batchesPerEpoch() {
        return keepsLast ? (dataset.size() + batchSize - 1) / batchSize : dataset.size() / batchSize;
    }

    /** Starts preparing an epoch's batches from a position on. */
    public void startEpoch(int epoch, int firstBatch) {
        stopWorker();
        ready = new ArrayBlockingQueue<>(AHEAD + 2);
        BlockingQueue<Object> queue = ready;
        worker = Thread.ofPlatform().daemon().name("tandem-data").start(() -> prepare(epoch, firstBatch, queue));
    }

    private void prepare(int epoch, int firstBatch, BlockingQueue<Object> queue) {
        try {
            int[] order = shuffled ? Shuffle.order(dataset.size(), seed, epoch) : identity(dataset.size());
            for (long b = firstBatch; b < batchesPerEpoch(); b++) {
                int from = (int) (b * batchSize);
                Batch batch = free.take();
                try {
                    batch.fill(
                            dataset,
                            order,
                            from,
                            Math.min(batchSize, dataset.size() - from),
                            augmentation,
                            seed,
                            epoch);
                } catch (Throwable e) {
                    free.add(batch);
                    throw e;
                }
                queue.add(batch); // never full: it has room for every batch there is, and one more
            }
            queue.add(END);
        } catch (InterruptedException e) {
            // The loader was closed or another epoch was started.
        } catch (Throwable e) {
            queue.add(e);
        }
    }

    private static int[] identity(int size) {
        int[] order = new int[size];
        for (int i = 0; i < size; i++) {
            order[i] = i;
        }
        return order;
    }

    /** The next batch, valid until the next call; null at the epoch's end. */
    public Batch next() {
        giveBack();
        long start = System.nanoTime();
        Object next = take();
        nanosWaited += System.nanoTime() - start;
        if (next == END) {
            return null;
        }
        if (next instanceof Throwable failure) {
            throw failure instanceof RuntimeException runtime
                    ? runtime
                    : new IllegalStateException("data set " + dataset.name() + ": " + failure.getMessage(), failure);
        }
        lent = (Batch) next;
        return lent;
    }

    private Object take() {
        try {
            return ready.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for data", e);
        }
    }

    private void giveBack() {
        if (lent != null) {
            free.add(lent);
            lent = null;
        }
    }

    /** How long {@link #next} has waited for batches in all. */
    public long nanosWaited() {
        return nanosWaited;
    }

    private void stopWorker() {
        giveBack();
        if (worker == null) {
            return;
        }
        worker.interrupt();
        boolean interrupted = false;
        while (true) {
            try {
                worker.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        for (Object left = ready.poll(); left != null; left = ready.poll()) {
            if (left instanceof Batch batch) {
                free.add(batch);
            }
        }
        worker = null;
    }

    /** Stops preparing and frees the batches. */
    @Override
    public void close() {
        stopWorker();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
