package dev.tandem.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/** Storages from arrays and back, for tests. */
final class TestStorages {
    private TestStorages() {}

    static CpuRuntime runtime() {
        return new CpuRuntime(DeviceOptions.DEFAULT, 2, 1L << 31);
    }

    static float[] random(Random random, Shape shape) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    static CpuStorage of(CpuRuntime runtime, Order order, Shape shape, float... values) {
        CpuStorage plain = runtime.allocate(shape, DType.FLOAT32);
        MemorySegment.copy(values, 0, plain.segment(), JAVA_FLOAT, 0, values.length);
        CpuStorage result = runtime.in(order, plain);
        plain.release();
        return result;
    }

    /** A storage full of NaN, to be overwritten. */
    static CpuStorage target(CpuRuntime runtime, Shape shape) {
        CpuStorage storage = runtime.allocate(shape, DType.FLOAT32);
        storage.segment().fill((byte) 0xff);
        return storage;
    }

    static float[] values(CpuRuntime runtime, Storage storage) {
        CpuStorage plain = runtime.plain(storage);
        float[] values = plain.segment().toArray(JAVA_FLOAT);
        plain.release();
        return values;
    }

    /** Equal within {@code tolerance · (1 + |expected|)}. */
    static void assertClose(String what, float[] actual, double[] expected, double tolerance) {
        assertThat(actual.length).as(what).isEqualTo(expected.length);
        for (int i = 0; i < actual.length; i++) {
            boolean close = Double.isNaN(expected[i])
                    ? Float.isNaN(actual[i])
                    : Math.abs(actual[i] - expected[i]) <= tolerance * (1 + Math.abs(expected[i]));
            if (!close) {
                throw new AssertionError(what + ": element " + i + " is " + actual[i] + ", expected " + expected[i]);
            }
        }
    }
}
