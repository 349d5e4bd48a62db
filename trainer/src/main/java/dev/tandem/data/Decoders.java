package dev.tandem.data;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Threads that share out the images of a batch or a data set, as decoding takes long. */
final class Decoders implements AutoCloseable {
    private final ForkJoinPool pool;

    Decoders(int threads) {
        pool = new ForkJoinPool(threads);
    }

    /**
     * Does a task for each number from 0 to {@code count − 1}. Returns, or throws what the first that failed threw, when no thread
     * is at work any more: a parallel stream by itself does not wait for the others when one fails.
     */
    void forEach(int count, IntConsumer task) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Runnable all = () -> IntStream.range(0, count).parallel().forEach(i -> {
            if (failure.get() != null) {
                return;
            }
            try {
                task.accept(i);
            } catch (RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            }
        });
        pool.submit(all).join(); // a parallel stream takes the threads of the pool that it is started in
        if (failure.get() instanceof RuntimeException e) {
            throw e;
        }
        if (failure.get() instanceof Error e) {
            throw e;
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
