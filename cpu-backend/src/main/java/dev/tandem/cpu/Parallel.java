package dev.tandem.cpu;

import dev.tandem.tensor.DeviceException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** Shares loops out over the CPU's threads. */
final class Parallel implements AutoCloseable {
    /** Loops over fewer elements than this run on the calling thread: waking others would take longer. */
    static final long GRAIN = 16_384;

    /** A part of a loop: from, to (not included). */
    interface Range {
        void run(long from, long to);
    }

    private static final BitSet OPEN_DEVICES = new BitSet(OpenMp.MOST_DEVICES);

    private final int device = takeNumber();
    private final int threads;
    private final ExecutorService pool; // null where OpenMP's threads are ours to use

    Parallel(int threads) {
        this.threads = threads;
        OpenMp.setThreads(threads);
        this.pool = OpenMp.isAvailable() || threads == 1
                ? null
                : Executors.newFixedThreadPool(
                        threads - 1,
                        Thread.ofPlatform().daemon().name("tandem-cpu-", 0).factory());
    }

    /** The lowest that no open device has. */
    private static int takeNumber() {
        synchronized (OPEN_DEVICES) {
            int number = OPEN_DEVICES.nextClearBit(0);
            if (number == OpenMp.MOST_DEVICES) {
                throw new DeviceException("device cpu: " + number
                        + " are open in this process already, which is the most; close those that are not needed");
            }
            OPEN_DEVICES.set(number);
            return number;
        }
    }

    /** What tells it from all others that are open. */
    int device() {
        return device;
    }

    int threads() {
        return threads;
    }

    /** What is made by a library that is told of one thread, to be used inside of a loop. */
    <T> T alone(Supplier<T> maker) {
        OpenMp.setThreads(1);
        try {
            return maker.get();
        } finally {
            OpenMp.setThreads(threads);
        }
    }

    /** {@link #run(long, long, Range)} for elements of one simple operation each. */
    void run(long count, Range body) {
        run(count, GRAIN, body);
    }

    /**
     * Runs {@code body} over 0 to {@code count}, split evenly with at least {@code grain} each. The split depends only on
     * the number of threads. The first exception of a part is thrown after all have ended.
     */
    void run(long count, long grain, Range body) {
        int parts = (int) Math.min(threads, Math.max(1, count / Math.max(1, grain)));
        if (parts <= 1) {
            if (count > 0) {
                body.run(0, count);
            }
            return;
        }
        Throwable[] failures = new Throwable[parts];
        if (pool == null) {
            OpenMp.run(device, parts, (thread, team) -> {
                for (int part = thread; part < parts; part += team) {
                    runPart(body, count, part, parts, failures);
                }
            });
        } else {
            runOnPool(body, count, parts, failures);
        }
        for (Throwable failure : failures) {
            if (failure instanceof RuntimeException runtime) {
                throw runtime;
            }
            if (failure instanceof Error error) {
                throw error;
            }
            if (failure != null) {
                throw new AssertionError(failure);
            }
        }
    }

    /** One of many pieces of work. */
    interface Task {
        /** @param worker a number below {@link #threads()} that no task running at the same time has */
        void run(int worker, long task);
    }

    /** Runs tasks 0 to {@code count}, each on the first thread that is free: a thread that is held up does fewer. */
    void runTasks(long count, Task body) {
        AtomicLong next = new AtomicLong();
        run(Math.min(threads, count), 1, (from, to) -> {
            for (int worker = (int) from; worker < to; worker++) {
                for (long task = next.getAndIncrement(); task < count; task = next.getAndIncrement()) {
                    body.run(worker, task);
                }
            }
        });
    }

    private static void runPart(Range body, long count, int part, int parts, Throwable[] failures) {
        try {
            body.run(count * part / parts, count * (part + 1) / parts);
        } catch (Throwable e) {
            failures[part] = e; // nothing may leave a native thread's region
        }
    }

    private void runOnPool(Range body, long count, int parts, Throwable[] failures) {
        List<Future<?>> others = new ArrayList<>();
        for (int part = 1; part < parts; part++) {
            int number = part;
            others.add(pool.submit(() -> runPart(body, count, number, parts, failures)));
        }
        runPart(body, count, 0, parts, failures);
        for (Future<?> other : others) {
            try {
                other.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while a CPU loop ran", e);
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        if (pool != null) {
            pool.shutdown();
        }
        synchronized (OPEN_DEVICES) {
            OPEN_DEVICES.clear(device);
        }
    }
}
