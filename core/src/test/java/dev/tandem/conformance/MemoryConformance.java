package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.MemoryStats;
import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Transfer, fill, copy, views, and what the allocator tells. */
class MemoryConformance extends Kit {
    @ParameterizedTest
    @EnumSource
    void bytesComeBackAsTheyWere(DType dtype) {
        for (long[] sizes : new long[][] {{}, {1}, {0}, {3, 0, 2}, {17}, {2, 3, 5, 7}, {1000, 33}}) {
            Shape shape = Shape.of(sizes);
            byte[] bytes = new byte[(int) shape.elements() * dtype.bytes()];
            new Random(3).nextBytes(bytes); // NaNs of every kind, subnormals, −0 among them
            try (Held held = new Held();
                    Arena arena = Arena.ofConfined()) {
                Storage storage = held.add(device.memory().allocate(shape, dtype));
                assertThat(storage.shape()).isEqualTo(shape);
                assertThat(storage.dtype()).isEqualTo(dtype);
                MemorySegment host = arena.allocate(bytes.length, 8).copyFrom(MemorySegment.ofArray(bytes));
                device.memory().upload(host, storage);
                MemorySegment back = arena.allocate(bytes.length, 8);
                device.memory().download(storage, back);
                if (!isReference() || !dtype.isFloating()) { // doubles do not keep a NaN's bits
                    assertThat(back.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE))
                            .isEqualTo(bytes);
                }
            }
        }
    }

    @Test
    void heapMemoryTransfersToo() {
        float[] values = {1, 2.5f, -3, 0};
        float[] back = new float[4];
        try (Held held = new Held()) {
            Storage storage = held.add(device.memory().allocate(Shape.of(2, 2), DType.FLOAT32));
            device.memory().upload(MemorySegment.ofArray(values), storage);
            device.memory().download(storage, MemorySegment.ofArray(back));
            assertThat(back).isEqualTo(values);
        }
    }

    @ParameterizedTest
    @EnumSource
    void fillSetsEveryElement(DType dtype) {
        for (double value : new double[] {0, 1, 3, 200}) {
            for (long[] sizes : new long[][] {{}, {1}, {0}, {5}, {64}, {3, 17, 5, 7}}) {
                try (Held held = new Held()) {
                    Storage storage = held.add(device.memory().allocate(Shape.of(sizes), dtype));
                    device.memory().fill(storage, value);
                    assertThat(download(storage)).containsOnly(expected(storage, value));
                }
            }
        }
    }

    private static double[] expected(Storage storage, double value) {
        double[] result = new double[(int) storage.shape().elements()];
        Arrays.fill(result, value);
        return result.length == 0 ? result : new double[] {value};
    }

    @Test
    void fillRoundsToTheType() {
        try (Held held = new Held()) {
            for (DType dtype : new DType[] {DType.FLOAT32, DType.BFLOAT16, DType.FLOAT16}) {
                for (double value : new double[] {0.1, -1e-6, 70000, Double.NaN, Double.NEGATIVE_INFINITY}) {
                    Storage storage = held.add(device.memory().allocate(Shape.of(9), dtype));
                    device.memory().fill(storage, value);
                    double[] expected = new double[9];
                    Arrays.fill(expected, Rounding.round(value, dtype));
                    Tolerance.EXACT.check(
                            "fill " + dtype + " with " + value, storage.shape(), expected, download(storage));
                }
            }
        }
    }

    @Test
    void fillIgnoresTheOrderOfItsTarget() {
        Values x = new Draw(1).normal(2, 17, 3, 5);
        for (Arrival arrival : Arrival.values()) {
            try (Held held = new Held()) {
                Storage storage = held.add(arrival.put(device, x));
                device.memory().fill(storage, 2.5);
                assertThat(download(storage)).containsOnly(2.5);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void arrivalsKeepTheNumbers(Arrival arrival) {
        for (long[] sizes : new long[][] {
            {3}, {2, 5}, {2, 24}, {3, 17, 2}, {2, 3, 4, 5}, {1, 17, 3, 3}, {2, 24, 5, 7}, {0, 6, 2, 2}, {2, 64, 1, 1}
        }) {
            Values x = new Draw(2).normal(sizes);
            if (!arrival.fits(x)) {
                continue;
            }
            try (Held held = new Held()) {
                Storage storage = held.add(arrival.put(device, x));
                Tolerance.EXACT.check(arrival.toString(), x.shape(), x.numbers(), download(storage));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void copiesAreIndependent(DType dtype) {
        Values x = new Draw(3).integers(dtype, 0, 99, 2, 17, 3);
        for (Arrival arrival : Arrival.values()) {
            if (arrival.fits(x)) {
                try (Held held = new Held()) {
                    Storage source = held.add(arrival.put(device, x));
                    Storage copy = held.add(device.memory().copy(source));
                    device.memory().fill(source, 7);
                    Tolerance.EXACT.check("copy", x.shape(), x.numbers(), download(copy));
                }
            }
        }
    }

    @Test
    void copyIntoGoesFromAnyOrderToAnyOther() {
        Draw draw = new Draw(4);
        for (long[] sizes : new long[][] {{2, 17, 3, 5}, {1, 24, 4, 4}, {2, 5}, {0, 3, 2, 2}}) {
            Values x = draw.normal(sizes);
            Values old = draw.normal(sizes);
            for (Arrival from : Arrival.values()) {
                for (Arrival to : Arrival.values()) {
                    try (Held held = new Held()) {
                        Storage source = held.add(from.put(device, x));
                        Storage target = held.add(to.put(device, old));
                        device.memory().copyInto(source, target);
                        Tolerance.EXACT.check(from + " into " + to, x.shape(), x.numbers(), download(target));
                        Tolerance.EXACT.check("source", x.shape(), x.numbers(), download(source));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void viewsShareTheirMemory(DType dtype) {
        try (Held held = new Held()) {
            Values numbers = new Draw(5).integers(dtype, 1, 50, 20);
            Storage base = put(held, numbers);
            Storage view = held.add(device.memory().view(base, 7, Shape.of(2, 3)));
            double[] window = Arrays.copyOfRange(numbers.numbers(), 7, 13);
            assertThat(download(view)).isEqualTo(window);

            device.memory().fill(view, 99);
            double[] changed = numbers.numbers().clone();
            Arrays.fill(changed, 7, 13, 99);
            assertThat(download(base)).isEqualTo(changed);

            Values other = new Draw(6).integers(dtype, 1, 50, 20);
            other.uploadInto(device, base);
            assertThat(download(view)).isEqualTo(Arrays.copyOfRange(other.numbers(), 7, 13));

            Storage inner = held.add(device.memory().view(view, 2, Shape.of(3)));
            Values.integers(dtype, Shape.of(3), 60, 61, 62).uploadInto(device, inner);
            assertThat(Arrays.copyOfRange(download(base), 9, 12)).containsExactly(60, 61, 62);
        }
    }

    @Test
    void aViewOutlivesItsBase() {
        try (Held held = new Held()) {
            Storage base = new Draw(7).normal(100).upload(device);
            double[] numbers = download(base);
            Storage view = held.add(device.memory().view(base, 90, Shape.of(10)));
            assertThat(base.isExclusive()).isFalse();
            base.release();
            Storage other = held.add(device.memory().allocate(Shape.of(100), DType.FLOAT32));
            device.memory().fill(other, 0);
            assertThat(download(view)).isEqualTo(Arrays.copyOfRange(numbers, 90, 100));
        }
    }

    @Test
    void arithmeticReachesTheBaseThroughAView() {
        try (Held held = new Held()) {
            Storage base = put(held, Values.vector(1, 2, 3, 4, 5));
            Storage view = held.add(device.memory().view(base, 1, Shape.of(3)));
            Storage ten = put(held, Values.vector(10, 20, 30));
            device.math().axpby(1, ten, 2, view);
            assertThat(download(base)).containsExactly(1, 14, 26, 38, 5);
            device.memory().copyInto(ten, view);
            assertThat(download(base)).containsExactly(1, 10, 20, 30, 5);
        }
    }

    @Test
    void reshapeOfPlainOrderSharesTheMemory() {
        try (Held held = new Held()) {
            Storage x = put(held, new Draw(8).normal(2, 6));
            Storage y = held.add(device.memory().reshape(x, Shape.of(3, 4)));
            device.memory().fill(x, 5);
            assertThat(download(y)).containsOnly(5);
            assertThat(x.isExclusive()).isFalse();
        }
    }

    @Test
    void retainedStoragesAreNotExclusive() {
        try (Held held = new Held()) {
            Storage x = put(held, Values.vector(1, 2));
            assertThat(x.isExclusive()).isTrue();
            held.add(x.retain());
            assertThat(x.isExclusive()).isFalse();
        }
    }

    @Test
    void statisticsFollowAllocation() {
        MemoryStats before = device.memoryStats();
        device.memory().resetPeak();
        Storage x = device.memory().allocate(Shape.of(1000, 1000), DType.FLOAT32);
        MemoryStats with = device.memoryStats();
        assertThat(with.liveStorages()).isEqualTo(before.liveStorages() + 1);
        assertThat(with.liveBytes() - before.liveBytes())
                .as("4 MB, with what rounding up to the allocator's sizes may add")
                .isBetween(4_000_000L, 6_000_000L);
        assertThat(device.memory().liveReport().get(0)).contains("1000, 1000");
        x.release();
        MemoryStats after = device.memoryStats();
        assertThat(after.liveBytes()).isEqualTo(before.liveBytes());
        assertThat(after.liveStorages()).isEqualTo(before.liveStorages());
        assertThat(after.peakBytes()).isGreaterThanOrEqualTo(before.liveBytes() + 4_000_000);
        device.memory().resetPeak();
        assertThat(device.memoryStats().peakBytes()).isEqualTo(after.liveBytes());
        device.memory().trim();
        assertThat(device.memoryStats().cachedBytes()).isZero();
    }

    @Test
    void releasedMemoryIsUsedAgain() {
        if (!keepsMemory()) {
            return;
        }
        device.memory().allocate(Shape.of(123_457), DType.FLOAT32).release();
        long allocations = device.memoryStats().systemAllocations();
        for (int i = 0; i < 10; i++) {
            device.memory().allocate(Shape.of(123_457), DType.FLOAT32).release();
        }
        assertThat(device.memoryStats().systemAllocations()).isEqualTo(allocations);
    }

    @Test
    void aReleasedStorageSaysSo() {
        Storage x = device.memory().allocate(Shape.of(2, 3), DType.FLOAT32);
        x.release();
        assertThat(x.isReleased()).isTrue();
        assertThatThrownBy(x::release)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("[2, 3]")
                .hasMessageContaining("released");
    }

    @Test
    void tooMuchMemoryIsAnErrorThatTellsTheNumbers() {
        if (isReference()) {
            return;
        }
        Shape huge = Shape.of(1L << 40);
        long live = device.memoryStats().liveStorages();
        assertThatThrownBy(() -> device.memory().allocate(huge, DType.FLOAT32).release())
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContainingAll("live", "cached", "peak", "limit");
        assertThat(device.memoryStats().liveStorages()).isEqualTo(live);
    }
}
