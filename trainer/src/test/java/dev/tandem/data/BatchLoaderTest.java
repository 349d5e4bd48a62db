package dev.tandem.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BatchLoaderTest {
    private static final int COUNT = 103;
    private final ImageDataset dataset = TestImages.numbered(COUNT, 3, 4, 5);

    /** A batch's contents, which outlive it. */
    private record Copy(List<Integer> images, long[] labels, byte[] pixels, int[] windows) {
        static Copy of(Batch batch) {
            byte[] pixels = batch.pixels().toArray(ValueLayout.JAVA_BYTE);
            List<Integer> images = IntStream.range(0, batch.size())
                    .mapToObj(i -> pixels[i * pixels.length / batch.size()] & 0xff)
                    .toList();
            return new Copy(
                    images, batch.labels().clone(), pixels, batch.windows().toArray(ValueLayout.JAVA_INT));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Copy that
                    && Arrays.equals(labels, that.labels)
                    && Arrays.equals(pixels, that.pixels)
                    && Arrays.equals(windows, that.windows);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(pixels);
        }
    }

    @AfterEach
    void noThreadIsLeft() {
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().equals("tandem-data") && thread.isAlive());
    }

    @Test
    void inOrderGivesEveryImageOnceAndASmallLastBatch() {
        try (BatchLoader loader = BatchLoader.inOrder(dataset, 10)) {
            List<Copy> batches = rest(loader);
            assertThat(batches).hasSize(11);
            assertThat(loader.batchesPerEpoch()).isEqualTo(11);
            assertThat(batches.get(10).images).containsExactly(100, 101, 102);
            assertThat(batches.stream().flatMap(batch -> batch.images.stream()))
                    .containsExactlyElementsOf(IntStream.range(0, COUNT).boxed().toList());
            assertThat(batches.get(0).windows).containsOnly(0).hasSize(30);
        }
    }

    @Test
    void batchesHoldTheDataSetsPixelsAndLabels() {
        try (BatchLoader loader = shuffled(10)) {
            loader.startEpoch(0, 0);
            Batch batch = loader.next();
            assertThat(List.of(batch.size(), batch.channels(), batch.height(), batch.width()))
                    .containsExactly(10, 3, 4, 5);
            assertThat(batch.pixels().isNative()).isTrue();
            assertThat(batch.windows().isNative()).isTrue();
            Copy copy = Copy.of(batch);
            for (int i = 0; i < 10; i++) {
                byte[] expected = new byte[60];
                dataset.copyPixels(copy.images.get(i), MemorySegment.ofArray(expected), 0);
                assertThat(Arrays.copyOfRange(copy.pixels, 60 * i, 60 * i + 60)).isEqualTo(expected);
                assertThat(copy.labels[i]).isEqualTo(copy.images.get(i) % 3);
            }
        }
    }

    @Test
    void shuffledDropsWhatDoesNotFillABatch() {
        try (BatchLoader loader = shuffled(10)) {
            loader.startEpoch(0, 0);
            List<Copy> batches = rest(loader);
            assertThat(batches).hasSize(10);
            assertThat(loader.batchesPerEpoch()).isEqualTo(10);
            assertThat(new TreeSet<>(batches.stream()
                            .flatMap(batch -> batch.images.stream())
                            .toList()))
                    .hasSize(100);
        }
    }

    @Test
    void everyEpochHasItsOrderAndWindows() {
        try (BatchLoader loader = shuffled(COUNT)) {
            loader.startEpoch(0, 0);
            Copy first = Copy.of(loader.next());
            loader.startEpoch(1, 0);
            Copy second = Copy.of(loader.next());
            assertThat(first.images).isNotEqualTo(second.images);
            assertThat(first.windows).isNotEqualTo(second.windows);
        }
    }

    @Test
    void anyPositionGivesTheBatchesOfAnUninterruptedRun() {
        List<List<Copy>> epochs = new ArrayList<>();
        try (BatchLoader loader = shuffled(10)) {
            for (int epoch = 0; epoch < 3; epoch++) {
                loader.startEpoch(epoch, 0);
                epochs.add(rest(loader));
            }
        }
        for (int epoch = 0; epoch < 3; epoch++) {
            for (int first = 0; first <= 10; first++) {
                try (BatchLoader resumed = shuffled(10)) {
                    resumed.startEpoch(epoch, first);
                    assertThat(rest(resumed)).isEqualTo(epochs.get(epoch).subList(first, 10));
                }
            }
        }
    }

    @Test
    void anEpochCanBeLeftInTheMiddle() {
        try (BatchLoader loader = shuffled(10);
                BatchLoader other = shuffled(10)) {
            other.startEpoch(5, 2);
            List<Copy> expected = rest(other);
            for (int round = 0; round < 50; round++) {
                loader.startEpoch(round, 0);
                for (int i = 0; i < round % 4; i++) {
                    loader.next();
                }
            }
            loader.startEpoch(5, 2);
            assertThat(rest(loader)).isEqualTo(expected);
        }
    }

    @Test
    void theEndStaysTheEnd() {
        try (BatchLoader loader = BatchLoader.inOrder(dataset, COUNT)) {
            assertThat(loader.next()).isNotNull();
            assertThat(loader.next()).isNull();
            assertThat(loader.next()).isNull();
        }
    }

    @Test
    void aBatchStaysAsItIsUntilTheNextIsAskedFor() throws InterruptedException {
        CountDownLatch others = new CountDownLatch(3); // the loader is as far ahead as it can be
        ImageDataset counting = new Watched(dataset, index -> {
            if (index >= 10) {
                others.countDown();
            }
        });
        try (BatchLoader loader = BatchLoader.inOrder(counting, 10)) {
            Batch batch = loader.next();
            others.await();
            assertThat(Copy.of(batch).images)
                    .isEqualTo(IntStream.range(0, 10).boxed().toList());
        }
    }

    @Test
    void aFailureSurfacesAsItIsAfterTheGoodBatches() {
        ImageDataset broken = new Watched(dataset, index -> {
            if (index == 25) {
                throw new IllegalStateException("image 25 cannot be decoded");
            }
        });
        try (BatchLoader loader = BatchLoader.inOrder(broken, 10)) {
            assertThat(loader.next()).isNotNull();
            assertThat(loader.next()).isNotNull();
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(loader::next)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("image 25 cannot be decoded");
            }
            loader.startEpoch(0, 3);
            assertThat(loader.next()).isNotNull();
        }
    }

    @Test
    void errorsSurfaceToo() {
        ImageDataset broken = new Watched(dataset, index -> {
            throw new StackOverflowError("deep");
        });
        try (BatchLoader loader = BatchLoader.inOrder(broken, 10)) {
            assertThatThrownBy(loader::next).isInstanceOf(StackOverflowError.class);
        }
    }

    @Test
    void waitingIsMeasured() {
        Thread consumer = Thread.currentThread();
        long busyNanos = 5_000_000;
        ImageDataset slow = new Watched(dataset, index -> {
            while (index == 0 && consumer.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            long until = System.nanoTime() + busyNanos;
            while (index == 0 && System.nanoTime() < until) {
                Thread.onSpinWait();
            }
        });
        try (BatchLoader loader = BatchLoader.inOrder(slow, 10)) {
            loader.next();
            assertThat(loader.nanosWaited()).isGreaterThanOrEqualTo(busyNanos);
        }
    }

    @Test
    void closingEndsTheThreadWhereverItIs() throws InterruptedException {
        BatchLoader unused = shuffled(10);
        unused.close();
        unused.close();

        BatchLoader blocked = BatchLoader.inOrder(dataset, 10); // four batches are full, the fifth waits
        blocked.next();
        blocked.close();
        assertThatThrownBy(blocked::next)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> blocked.startEpoch(0, 0)).hasMessageContaining("closed");

        CountDownLatch busy = new CountDownLatch(1);
        BatchLoader reading = BatchLoader.inOrder(new Watched(dataset, index -> busy.countDown()), COUNT);
        busy.await();
        reading.close();
    }

    @Test
    void aWaitingConsumerCanBeInterrupted() {
        CountDownLatch never = new CountDownLatch(1);
        ImageDataset stuck = new Watched(dataset, index -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        try (BatchLoader loader = BatchLoader.inOrder(stuck, 10)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(loader::next)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("interrupted");
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        }
        assertThat(Thread.interrupted()).isTrue(); // and for the next test
    }

    @Test
    void whatCannotWorkIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> shuffled(COUNT + 1))
                .withMessage("batch of 104 images: data set numbered has 103; use a batch between 1 and that");
        assertThatIllegalArgumentException().isThrownBy(() -> shuffled(0));
        ImageDataset none = new InMemoryDataset("none", 1, 1, 1, List.of("a"), new byte[0], new byte[0]);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BatchLoader.inOrder(none, 1))
                .withMessage("data set none: it has no images");
        try (BatchLoader loader = shuffled(10)) {
            assertThatThrownBy(loader::next)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("call startEpoch before next");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> loader.startEpoch(0, 11))
                    .withMessageContaining("epoch 0 from batch 11: data set numbered gives batches 0 to 9");
            assertThatIllegalArgumentException().isThrownBy(() -> loader.startEpoch(0, -1));
            assertThatIllegalArgumentException().isThrownBy(() -> loader.startEpoch(-1, 0));
        }
    }

    private BatchLoader shuffled(int batchSize) {
        return BatchLoader.shuffled(dataset, batchSize, 42, new Augmentation(2, true));
    }

    private static List<Copy> rest(BatchLoader loader) {
        List<Copy> batches = new ArrayList<>();
        for (Batch batch = loader.next(); batch != null; batch = loader.next()) {
            batches.add(Copy.of(batch));
        }
        return batches;
    }
}
