package dev.tandem.data;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.stream.IntStream;

/**
 * Prepares batches ahead on a thread of its own, in memory that is used over and over. What a batch holds depends on seed,
 * epoch and position alone, so a run that was stopped can go on with the very batches it would have seen.
 *
 * <pre>{@code
 * try (BatchLoader loader = BatchLoader.shuffled(Datasets.mnist(Split.TRAIN), 128, seed, Augmentation.NONE)) {
 *     for (int epoch = 0; epoch < epochs; epoch++) {
 *         loader.startEpoch(epoch, 0);
 *         for (Batch batch = loader.next(); batch != null; batch = loader.next()) { … }
 *     }
 * }
 * }</pre>
 *
 * <p>An image that cannot be read ends it, or is left out of its batch where {@link BrokenImages} are kept: the batch is smaller
 * then, and one with nothing in it is passed over.
 *
 * <p>One thread may use a loader. What goes wrong while preparing is thrown by {@link #next}, as it is.
 */
public final class BatchLoader implements AutoCloseable {
    private static final int AHEAD = 3;
    private static final Object END = new Object();

    private final ImageDataset dataset;
    private final int batchSize;
    private final boolean shuffled;
    private final boolean keepsLast;
    private final long seed;
    private final Augmentation augmentation;
    private final BrokenImages broken; // null where one that cannot be read ends everything
    private final Decoders decoders; // null where images need not be decoded
    private final Arena arena = Arena.ofShared();
    private final BlockingQueue<Batch> free = new ArrayBlockingQueue<>(AHEAD + 1);
    private BlockingQueue<Object> ready; // batches, then END or a Throwable; null before the first epoch
    private Object ending; // END or the Throwable, once taken
    private Thread worker;
    private Batch lent;
    private long nanosWaited;

    private BatchLoader(
            ImageDataset dataset,
            int batchSize,
            boolean shuffled,
            boolean keepsLast,
            long seed,
            Augmentation augmentation,
            int threads,
            BrokenImages broken) {
        this.broken = broken;
        this.dataset = dataset;
        this.batchSize = batchSize;
        requireBatch(dataset, batchSize);
        this.shuffled = shuffled;
        this.keepsLast = keepsLast;
        this.seed = seed;
        this.augmentation = augmentation;
        try {
            for (int i = 0; i <= AHEAD; i++) {
                free.add(new Batch(dataset, batchSize, arena));
            }
        } catch (OutOfMemoryError e) {
            arena.close();
            throw e;
        }
        this.decoders = dataset.cutsPhotos() ? new Decoders(threads) : null;
    }

    /**
     * For training: a new order each epoch. Images that do not fill a last batch are left out of their epoch. Call {@link
     * #startEpoch} first.
     *
     * @param threads that decode photos
     * @throws IllegalArgumentException if the batch is larger than the data set
     */
    public static BatchLoader shuffled(
            ImageDataset dataset, int batchSize, long seed, Augmentation augmentation, int threads) {
        return shuffled(dataset, batchSize, seed, augmentation, threads, null);
    }

    /**
     * As above.
     *
     * @param broken keeps in mind images that cannot be read, which are then left out of their batches; null for none such
     */
    public static BatchLoader shuffled(
            ImageDataset dataset,
            int batchSize,
            long seed,
            Augmentation augmentation,
            int threads,
            BrokenImages broken) {
        return new BatchLoader(dataset, batchSize, true, false, seed, augmentation, threads, broken);
    }

    /** As above, with a thread a core. */
    public static BatchLoader shuffled(ImageDataset dataset, int batchSize, long seed, Augmentation augmentation) {
        return shuffled(dataset, batchSize, seed, augmentation, cores());
    }

    /**
     * For evaluation: every image once, in order, the last batch as small as it is. Its only epoch is started.
     *
     * @param threads that decode photos
     */
    public static BatchLoader inOrder(ImageDataset dataset, int batchSize, int threads) {
        return inOrder(dataset, batchSize, threads, null);
    }

    /**
     * As above.
     *
     * @param broken keeps in mind images that cannot be read, which are then left out of their batches; null for none such
     */
    public static BatchLoader inOrder(ImageDataset dataset, int batchSize, int threads, BrokenImages broken) {
        BatchLoader loader = new BatchLoader(dataset, batchSize, false, true, 0, Augmentation.NONE, threads, broken);
        loader.startEpoch(0, 0);
        return loader;
    }

    /** As above, with a thread a core. */
    public static BatchLoader inOrder(ImageDataset dataset, int batchSize) {
        return inOrder(dataset, batchSize, cores());
    }

    private static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    /** @throws IllegalArgumentException if the data set is empty or has no batch of this size */
    public static void requireBatch(ImageDataset dataset, int batchSize) {
        if (dataset.size() == 0) {
            throw new IllegalArgumentException("data set " + dataset.name() + ": it has no images");
        }
        if (batchSize < 1 || batchSize > dataset.size()) {
            throw new IllegalArgumentException("batch of " + batchSize + " images: data set " + dataset.name() + " has "
                    + dataset.size() + "; use a batch between 1 and that");
        }
    }

    public long batchesPerEpoch() {
        return keepsLast ? (dataset.size() + batchSize - 1L) / batchSize : dataset.size() / batchSize;
    }

    /**
     * Starts preparing an epoch's batches from a position on; what was left of another epoch is dropped.
     *
     * @param firstBatch from 0 to {@link #batchesPerEpoch}, which is an epoch that is already at its end
     */
    public void startEpoch(int epoch, int firstBatch) {
        checkOpen();
        if (epoch < 0 || firstBatch < 0 || firstBatch > batchesPerEpoch()) {
            throw new IllegalArgumentException("epoch " + epoch + " from batch " + firstBatch + ": data set "
                    + dataset.name() + " gives batches 0 to " + (batchesPerEpoch() - 1)
                    + " an epoch; was the run that is resumed on another data set or batch size?");
        }
        stopWorker();
        ending = null;
        ready = new ArrayBlockingQueue<>(AHEAD + 2);
        BlockingQueue<Object> queue = ready;
        worker = Thread.ofPlatform().daemon().name("tandem-data").start(() -> prepare(epoch, firstBatch, queue));
    }

    private void prepare(int epoch, int firstBatch, BlockingQueue<Object> queue) {
        try {
            int[] order = shuffled
                    ? CounterRandom.permutation(dataset.size(), seed, epoch)
                    : IntStream.range(0, dataset.size()).toArray();
            for (long b = firstBatch; b < batchesPerEpoch(); b++) {
                Batch batch = free.take();
                fill(batch, order, (int) b, epoch);
                if (batch.size() > 0) {
                    queue.add(batch); // never full: it has room for every batch there is, and one more
                } else {
                    free.add(batch); // nothing in it can be read
                }
            }
            queue.add(END);
        } catch (InterruptedException e) {
            return; // the loader was closed, or another epoch started
        } catch (Throwable e) {
            queue.add(e);
        }
    }

    private void fill(Batch batch, int[] order, int number, int epoch) {
        boolean filled = false;
        try {
            int from = number * batchSize;
            int[] images = Arrays.copyOfRange(order, from, Math.min(from + batchSize, order.length));
            batch.fill(dataset, number, images, augmentation, seed, epoch, decoders, broken);
            filled = true;
        } finally {
            if (!filled) {
                free.add(batch);
            }
        }
    }

    /**
     * The next batch, valid until the next call; null at the epoch's end, and from then on.
     *
     * @throws IllegalStateException if no epoch was started, the loader is closed, or the thread interrupted
     */
    public Batch next() {
        checkOpen();
        if (ready == null) {
            throw new IllegalStateException("batches of " + dataset.name() + ": call startEpoch before next");
        }
        giveBack();
        if (ending == null) {
            Object next = take();
            if (next instanceof Batch batch) {
                lent = batch;
                return batch;
            }
            ending = next;
        }
        if (ending instanceof RuntimeException failure) {
            throw failure;
        }
        if (ending instanceof Error failure) {
            throw failure;
        }
        return null;
    }

    private Object take() {
        long start = System.nanoTime();
        try {
            return ready.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("batches of " + dataset.name() + ": interrupted while waiting", e);
        } finally {
            nanosWaited += System.nanoTime() - start;
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

    private void checkOpen() {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("batches of " + dataset.name() + ": the loader is closed");
        }
    }

    /** Waits for the thread's end, whatever happens, since it writes to the batches' memory. */
    private void stopWorker() {
        giveBack();
        if (worker == null) {
            return;
        }
        worker.interrupt();
        boolean interrupted = false;
        while (worker.isAlive()) {
            try {
                worker.join();
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
        if (decoders != null) {
            decoders.close();
        }
    }
}
