package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchTest {
    private static final int IMAGES = 64;

    private final CountDownLatch reading = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final AtomicInteger writing = new AtomicInteger();
    private final AtomicBoolean first = new AtomicBoolean(true);

    /** The first thread that reads fails once another is at work, and the other goes on only when it is told to. */
    @Test
    void aFailureLeavesWhenNoThreadWritesAnyMore() throws InterruptedException {
        AtomicReference<RuntimeException> failure = new AtomicReference<>();
        AtomicInteger stillWriting = new AtomicInteger(-1);
        try (Arena arena = Arena.ofShared()) {
            Batch batch = new Batch(new Photos(), IMAGES, arena);
            Thread filling = new Thread(() -> {
                try (Decoders decoders = new Decoders(2)) {
                    int[] order = IntStream.range(0, IMAGES).toArray();
                    batch.fill(new Photos(), 0, order, Augmentation.NONE, 0, 0, decoders, null);
                } catch (RuntimeException e) {
                    stillWriting.set(writing.get());
                    failure.set(e);
                }
            });
            filling.start();
            filling.join(500); // long enough for a fill that does not wait to leave
            goOn.countDown();
            filling.join();
        }
        assertThat(failure.get()).hasMessage("a photo that cannot be read");
        assertThat(stillWriting.get()).isZero();
    }

    @Test
    void asManyThreadsReadAsAreAskedFor() {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        ImageDataset photos = new Watched(new Photos(), index -> threads.add(Thread.currentThread()));
        first.set(false);
        goOn.countDown();
        try (BatchLoader loader = BatchLoader.inOrder(photos, IMAGES, 1)) {
            assertThat(loader.next().size()).isEqualTo(IMAGES);
        }
        assertThat(threads).hasSize(1).doesNotContain(Thread.currentThread());
        Statistics.of(photos, 1);
        assertThat(threads).hasSize(2);
    }

    private final class Photos implements ImageDataset {
        @Override
        public void copyPixels(int index, MemorySegment target, long offset) {
            if (first.compareAndSet(true, false)) {
                await(reading, 10_000);
                throw new IllegalStateException("a photo that cannot be read");
            }
            writing.incrementAndGet();
            reading.countDown();
            await(goOn, 10_000);
            writing.decrementAndGet();
        }

        @Override
        public boolean cutsPhotos() {
            return true;
        }

        @Override
        public String name() {
            return "photos";
        }

        @Override
        public int size() {
            return IMAGES;
        }

        @Override
        public int channels() {
            return 1;
        }

        @Override
        public int height() {
            return 1;
        }

        @Override
        public int width() {
            return 1;
        }

        @Override
        public List<String> classNames() {
            return List.of("a");
        }

        @Override
        public int label(int index) {
            return 0;
        }
    }

    private static void await(CountDownLatch latch, long milliseconds) {
        try {
            latch.await(milliseconds, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
