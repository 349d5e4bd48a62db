package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** A CPU device's inside for tests, with arrays in and out. Closing checks that nothing leaked. */
final class TestRuntime implements AutoCloseable {
    final CpuRuntime runtime;
    private long expectedLive;

    TestRuntime(int threads) {
        runtime = new CpuRuntime(DeviceOptions.DEFAULT, threads, 8L << 30);
    }

    CpuMath math() {
        return new CpuMath(runtime, new CpuMemory(runtime));
    }

    CpuStorage floats(Shape shape, float... values) {
        CpuStorage storage = runtime.allocate(shape, DType.FLOAT32);
        MemorySegment.copy(values, 0, storage.segment(), JAVA_FLOAT, 0, values.length);
        expectedLive++;
        return storage;
    }

    CpuStorage floats(float... values) {
        return floats(Shape.of(values.length), values);
    }

    CpuStorage longs(long... values) {
        CpuStorage storage = runtime.allocate(Shape.of(values.length), DType.INT64);
        MemorySegment.copy(values, 0, storage.segment(), JAVA_LONG, 0, values.length);
        expectedLive++;
        return storage;
    }

    CpuStorage ints(int... values) {
        CpuStorage storage = runtime.allocate(Shape.of(values.length), DType.INT32);
        MemorySegment.copy(values, 0, storage.segment(), JAVA_INT, 0, values.length);
        expectedLive++;
        return storage;
    }

    /** The elements in plain order. */
    float[] array(Storage storage) {
        CpuStorage plain = runtime.plain(storage);
        float[] values = plain.segment().toArray(JAVA_FLOAT);
        plain.release();
        return values;
    }

    long[] longArray(Storage storage) {
        return ((CpuStorage) storage).segment().toArray(JAVA_LONG);
    }

    /** Says that a storage of {@link #floats} and the like, or a result, is no more needed. */
    void release(Storage... storages) {
        for (Storage storage : storages) {
            storage.release();
        }
    }

    long live() {
        return runtime.allocator().stats().liveStorages();
    }

    /** Names the first element that differs by more than the tolerance; NaN equals NaN. */
    static void assertClose(float[] actual, float[] expected, double tolerance) {
        if (actual.length != expected.length) {
            throw new AssertionError(actual.length + " elements, expected " + expected.length);
        }
        for (int i = 0; i < actual.length; i++) {
            boolean close = Math.abs((double) actual[i] - expected[i]) <= tolerance;
            if (!close && Float.compare(actual[i], expected[i]) != 0) {
                throw new AssertionError("element " + i + " is " + actual[i] + ", expected " + expected[i]);
            }
        }
    }

    static float[] normal(long seed, int count) {
        java.util.Random random = new java.util.Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Override
    public void close() {
        long live = live();
        String report = String.join("\n", runtime.allocator().liveReport());
        runtime.close();
        if (live > expectedLive) {
            throw new AssertionError(
                    live + " storages are live, the test made " + expectedLive + "; the others leaked:\n" + report);
        }
    }
}
