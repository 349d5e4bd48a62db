package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.PadMode;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.DeviceException;
import dev.tandem.tensor.Rng;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.ShapeException;
import dev.tandem.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What tensors are made of, what they say, and what they refuse. */
class TensorConformance extends TensorKit {
    // Creation and reading
    // ------------------------------------------------------------------------------------------------

    @Test
    void tensorsHoldWhatTheyWereMadeOf() {
        assertValues(Tensor.of(1, 2.5f, -3), shape(3), 1, 2.5, -3);
        assertValues(Tensor.of(new float[] {1, 2, 3, 4}, 2, 2), shape(2, 2), 1, 2, 3, 4);
        assertValues(Tensor.scalar(7), shape(), 7);
        assertValues(Tensor.zeros(2), shape(2), 0, 0);
        assertValues(Tensor.ones(1, 2), shape(1, 2), 1, 1);
        assertValues(Tensor.full(0.1, 2), shape(2), 0.1f, 0.1f);
        assertValues(Tensor.arange(4), shape(4), 0, 1, 2, 3);
        assertValues(Tensor.eye(2), shape(2, 2), 1, 0, 0, 1);
        assertThat(Tensor.ofBytes(new byte[] {-1, 5}, 2).toLongArray()).containsExactly(255, 5);
        assertThat(Tensor.ofInts(new int[] {-7, Integer.MAX_VALUE}, 2).toLongArray())
                .containsExactly(-7, Integer.MAX_VALUE);
        long[] extremes = {Long.MIN_VALUE, Long.MAX_VALUE, (1L << 53) + 1};
        assertThat(Tensor.ofLongs(extremes, 3).toLongArray()).containsExactly(extremes);
        assertThat(Tensor.scalar(3).item()).isEqualTo(3);
        assertThat(Tensor.of(new float[0], 0, 3).toFloatArray()).isEmpty();
        assertThat(Tensor.of(1).device()).isSameAs(device);
        assertThat(Device.current()).isSameAs(device);
    }

    @Test
    void largeIntegersAreComputedExactly() {
        Tensor x = Tensor.ofLongs(new long[] {(1L << 60) + 1, Long.MAX_VALUE, -5}, 3);
        Tensor y = Tensor.ofLongs(new long[] {1, 1, 3}, 3);
        assertThat(x.add(y).toLongArray()).containsExactly((1L << 60) + 2, Long.MIN_VALUE, -2);
        assertThat(x.multiply(y).toLongArray()).containsExactly((1L << 60) + 1, Long.MAX_VALUE, -15);
        assertThat(x.greater(y).toLongArray()).containsExactly(1, 1, 0);
    }

    @Test
    void tensorsCanBeOverwritten() {
        Tensor x = Tensor.zeros(2, 2);
        x.set(1, 2, 3, 4);
        assertValues(x, 1, 2, 3, 4);
        x.set(0.5f, 1, 1.5f, 2);
        assertValues(x, 0.5, 1, 1.5, 2);
        x.copyFrom(Tensor.ofInts(new int[] {9, 8, 7, 6}, 2, 2));
        assertValues(x, 9, 8, 7, 6);
        Tensor longs = Tensor.ofLongs(new long[2], 2);
        longs.set(5, 6);
        assertThat(longs.toLongArray()).containsExactly(5, 6);
    }

    @Test
    void mixedTypesPromoteToTheWider() {
        Tensor bytes = Tensor.ofBytes(new byte[] {-56}, 1);
        Tensor ints = Tensor.ofInts(new int[] {100}, 1);
        Tensor longs = Tensor.ofLongs(new long[] {7}, 1);
        Tensor floats = Tensor.of(0.5f);
        Tensor bfloats = floats.cast(DType.BFLOAT16);
        Tensor halves = floats.cast(DType.FLOAT16);
        assertThat(bytes.add(ints).dtype()).isEqualTo(DType.INT32);
        assertThat(bytes.add(ints).toLongArray()).containsExactly(300);
        assertThat(longs.multiply(ints).dtype()).isEqualTo(DType.INT64);
        assertThat(longs.add(floats).dtype()).isEqualTo(DType.FLOAT32);
        assertValues(longs.add(floats), 7.5);
        assertThat(halves.add(bytes).dtype()).isEqualTo(DType.FLOAT16);
        assertValues(halves.add(bytes), 200.5);
        assertThat(halves.add(bfloats).dtype()).isEqualTo(DType.FLOAT32);
        assertThat(bfloats.add(floats).dtype()).isEqualTo(DType.FLOAT32);
        assertThat(ints.less(longs).dtype()).isEqualTo(DType.UINT8);
        assertThat(Tensor.where(ints.less(longs), ints, floats).dtype()).isEqualTo(DType.FLOAT32);
    }

    @Test
    void scalarsKeepTheTypeOfIntegers() {
        Tensor x = Tensor.ofLongs(new long[] {1, 2, 3}, 3);
        assertThat(x.equalTo(2).toLongArray()).containsExactly(0, 1, 0);
        assertThat(x.less(3).toLongArray()).containsExactly(1, 1, 0);
        assertThat(x.greater(1).toLongArray()).containsExactly(0, 1, 1);
        assertThat(x.lessOrEqual(x).toLongArray()).containsExactly(1, 1, 1);
        assertThat(x.notEqualTo(x).toLongArray()).containsExactly(0, 0, 0);
        assertThat(x.greaterOrEqual(x).toLongArray()).containsExactly(1, 1, 1);
        assertThat(x.add(4).toLongArray()).containsExactly(5, 6, 7);
    }

    @Test
    void tensorsMoveBetweenDevices() {
        for (DType dtype : DType.values()) {
            Tensor x = Tensor.of(1, 2, 3).cast(dtype);
            Tensor there = x.to(reference);
            assertThat(there.device()).isSameAs(reference);
            assertThat(there.dtype()).isEqualTo(dtype);
            Tensor back = there.to(device);
            assertThat(back.device()).isSameAs(device);
            assertValues(back.cast(DType.FLOAT32), 1, 2, 3);
            assertThat(x.to(device)).isSameAs(x);
        }
    }

    // Arrangement
    // --------------------------------------------------------------------------------------------------------

    @Test
    void positionsCountFromTheEndToo() {
        Tensor x = Tensor.arange(12).reshape(3, 4);
        assertValues(x.slice(0, -1, 3), shape(1, 4), 8, 9, 10, 11);
        assertValues(x.slice(-1, 1, -1), shape(3, 2), 1, 2, 5, 6, 9, 10);
        assertValues(x.slice(1, 0, 4, 3), shape(3, 2), 0, 3, 4, 7, 8, 11);
        assertValues(x.slice(1, 2, 2), shape(3, 0));
        assertValues(x.select(0, -2), shape(4), 4, 5, 6, 7);
        assertValues(x.select(-1, 0), shape(3), 0, 4, 8);
        assertThat(x.size(-1)).isEqualTo(4);
        assertThat(x.argmax(-1).toLongArray()).containsExactly(3, 3, 3);
        assertValues(x.sum(-2), shape(4), 12, 15, 18, 21);
    }

    @Test
    void shapesChange() {
        Tensor x = Tensor.arange(6).reshape(2, 3);
        assertValues(x.transpose(0, 1), shape(3, 2), 0, 3, 1, 4, 2, 5);
        assertValues(x.reshape(3, -1), shape(3, 2), 0, 1, 2, 3, 4, 5);
        assertValues(x.unsqueeze(0), shape(1, 2, 3), 0, 1, 2, 3, 4, 5);
        assertValues(x.unsqueeze(2), shape(2, 3, 1), 0, 1, 2, 3, 4, 5);
        assertThat(Tensor.zeros(2, 3, 4, 5).flatten(1).shape()).isEqualTo(shape(2, 60));
        assertThat(Tensor.zeros(0, 3, 4).flatten(1).shape()).isEqualTo(shape(0, 12));
        assertValues(Tensor.stack(0, Tensor.of(1, 2), Tensor.of(3, 4)), shape(2, 2), 1, 2, 3, 4);
        assertValues(Tensor.stack(1, Tensor.of(1, 2), Tensor.of(3, 4)), shape(2, 2), 1, 3, 2, 4);
        assertValues(x.variance(), 35 / 12.0);
        assertThat(x.reshape(2, 3)).isSameAs(x);
    }

    @Test
    void detachedTensorsShareTheirElements() {
        Tensor x = Tensor.of(1, 2);
        Tensor same = x.detach();
        Tensor copy = x.copy();
        x.set(5, 6);
        assertValues(same, 5, 6);
        assertValues(copy, 1, 2);
    }

    // Random numbers
    // -----------------------------------------------------------------------------------------------------

    @Test
    void randomNumbersRepeatFromTheirSeed() {
        device.seed(3);
        float[] first = device.random().uniform(5).toFloatArray();
        float[] next = device.random().uniform(5).toFloatArray();
        assertThat(next).isNotEqualTo(first);
        device.seed(3);
        assertThat(device.random().uniform(5).toFloatArray()).isEqualTo(first);
        double[] expected = Philox.uniform(3, 0, 5);
        for (int i = 0; i < 5; i++) {
            assertThat((double) first[i]).isEqualTo(expected[i]);
        }
        Rng random = device.random();
        long[] state = random.snapshot();
        float[] drawn = random.normal(7).toFloatArray();
        random.restore(state[0], state[1]);
        assertThat(random.normal(7).toFloatArray()).isEqualTo(drawn);
    }

    @Test
    void randomNumbersKeepTheirRanges() {
        Rng random = device.random();
        for (float value : random.uniform(-2, 3, shape(1000)).toFloatArray()) {
            assertThat(value).isBetween(-2f, 3f);
        }
        long[] counts = new long[3];
        for (long value : random.integers(-1, 2, 3000).toLongArray()) {
            counts[(int) value + 1]++;
        }
        for (long count : counts) {
            assertThat(count).isBetween(850L, 1150L); // 1000 ± 6 standard deviations
        }
        float kept = random.bernoulli(0.25f, 4000).mean().item();
        assertThat(kept).isBetween(0.20f, 0.30f);
        assertThatThrownBy(() -> random.integers(3, 3, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[3, 3)");
    }

    // Text
    // ---------------------------------------------------------------------------------------------------------------

    @Test
    void tensorsAreReadable() {
        assertThat(Tensor.scalar(2.5f).toString()).isEqualTo("Tensor [] float32 on " + device + ": 2.500");
        assertThat(Tensor.of(new float[] {1, -2.5f, 300, 0}, 2, 2).toString())
                .startsWith("Tensor [2, 2] float32 on " + device + "\n[[")
                .contains("-2.5", "300.");
        assertThat(Tensor.arange(100).toString()).contains("0., ", "…", " 99.");
        assertThat(Tensor.arange(100).toString().length()).isLessThan(100);
        assertThat(Tensor.ofLongs(new long[] {5, -6}, 2).toString()).contains("int64", "[ 5, -6]");
        assertThat(Tensor.zeros(0, 3).toString()).isEqualTo("Tensor [0, 3] float32 on " + device + ": []");
        assertThat(Tensor.of(Float.NaN, Float.POSITIVE_INFINITY).toString()).contains("NaN", "Infinity");
        assertThat(Tensor.zeros(2, 3).toString().lines()).hasSize(3);
        Tensor released = Tensor.of(1);
        released.release();
        assertThat(released.toString()).contains("released");
    }

    // Errors
    // -------------------------------------------------------------------------------------------------------------

    private static void assertShapeError(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call).isInstanceOf(ShapeException.class).hasMessageContainingAll(parts);
    }

    @Test
    void shapeErrorsNameTheOperationAndTheShapes() {
        Tensor a = Tensor.zeros(2, 3);
        Tensor b = Tensor.zeros(4, 5);
        assertShapeError(() -> a.add(b), "add", "[2, 3]", "[4, 5]");
        assertShapeError(() -> a.less(b), "less", "[2, 3]", "[4, 5]");
        assertShapeError(() -> Tensor.where(a.less(1), a, b), "where", "[2, 3]", "[4, 5]");
        assertShapeError(() -> a.matmul(b), "matmul", "[2, 3]", "[4, 5]", "3", "4");
        assertShapeError(() -> a.matmul(Tensor.zeros(3)), "matmul", "[2, 3]", "[3]");
        assertShapeError(() -> a.linear(b, null, null), "matmul", "[2, 3]", "[4, 5]");
        assertShapeError(() -> a.linear(Tensor.zeros(4, 3), Tensor.zeros(5), null), "bias", "[5]", "[4]");
        assertShapeError(() -> Tensor.zeros(2, 2, 3).matmul(Tensor.zeros(3, 3, 1)), "matmul", "[2]", "[3]");
        assertShapeError(() -> a.reshape(4, 2), "reshape", "[2, 3]", "[4, 2]");
        assertShapeError(() -> a.reshape(4, -1), "reshape", "[2, 3]", "[4, -1]");
        assertShapeError(() -> a.permute(0, 0), "permute", "[2, 3]", "[0, 0]");
        assertShapeError(() -> a.slice(1, 2, 4), "slice", "[2, 3]", "4");
        assertShapeError(() -> a.slice(1, 2, 1), "slice", "[2, 3]");
        assertShapeError(() -> a.slice(1, 0, 2, 0), "slice", "0");
        assertShapeError(() -> a.expand(Shape.of(4, 3)), "expand", "[2, 3]", "[4, 3]");
        assertShapeError(() -> a.expand(Shape.of(3)), "expand", "[2, 3]", "[3]");
        assertShapeError(() -> Tensor.concat(0, a, b), "concat", "[4, 5]", "[2, 3]", "axis 0");
        assertShapeError(() -> Tensor.concat(0), "concat");
        assertShapeError(() -> a.sum(2), "axis 2", "[2, 3]");
        assertShapeError(() -> a.sum(1, -1), "sum", "[2, 3]", "twice");
        assertShapeError(() -> Tensor.zeros(2, 0).argmax(1), "argmax", "[2, 0]");
        assertShapeError(() -> a.pad(new long[] {3, 0}, new long[] {0, 0}, PadMode.REFLECT, 0), "pad", "[2, 3]");
        assertShapeError(() -> a.pad(new long[] {1}, new long[] {1}, PadMode.CONSTANT, 0), "pad", "[2, 3]");
        assertShapeError(a::item, "item", "[2, 3]");
        assertShapeError(() -> a.copyFrom(b), "copyFrom", "[4, 5]", "[2, 3]");
        assertShapeError(() -> a.set(1, 2, 3), "set", "12 bytes", "[2, 3]", "24");
        assertShapeError(() -> Tensor.of(new float[3], 2, 2), "12 bytes", "[2, 2]");
        assertShapeError(() -> Tensor.zeros(-1), "[-1]");
        assertThatThrownBy(() -> a.cast(DType.INT32).matmul(a.cast(DType.INT32)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("matmul", "INT32");
    }

    @Test
    void operandsOnTwoDevicesAreRefused() {
        Tensor here = Tensor.of(1);
        Tensor there = Tensor.of(reference, new float[] {1}, 1);
        assertThatThrownBy(() -> here.add(there))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("add", device.name(), reference.name(), "to(device)");
        assertThatThrownBy(() -> here.reshape(1, 1).matmul(there.reshape(1, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("matmul");
        assertThatThrownBy(() -> Tensor.concat(0, here, there))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("concat");
    }

    @Test
    void anotherThreadIsRefused() throws InterruptedException {
        Tensor x = Tensor.of(1, 2);
        List<Throwable> caught = new ArrayList<>();
        Thread thread = new Thread(
                () -> {
                    for (Runnable use : new Runnable[] {
                        () -> x.add(x), x::toFloatArray, () -> device.memory(), () -> device.synchronize()
                    }) {
                        try {
                            use.run();
                        } catch (RuntimeException e) {
                            caught.add(e);
                        }
                    }
                },
                "intruder");
        thread.start();
        thread.join();
        assertThat(caught).hasSize(4).allSatisfy(error -> assertThat(error)
                .isInstanceOf(WrongThreadException.class)
                .hasMessageContainingAll(
                        device.name(), "intruder", Thread.currentThread().getName()));
    }

    @Test
    void unknownDevicesAreRefused() {
        String kind = device.name().split(":")[0];
        assertThatThrownBy(() -> Device.open("abacus"))
                .isInstanceOf(DeviceException.class)
                .hasMessageContainingAll("abacus", kind, "auto");
        for (String wrong : List.of(kind + ":77", kind + ":x", kind + ":-1")) {
            assertThatThrownBy(() -> Device.open(wrong))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining(wrong);
        }
        assertThat(Device.available()).anyMatch(info -> info.name().equals(device.name()));
    }

    @Test
    void aClosedDeviceSaysSo() {
        Device other = Device.of(new ReferenceBackend());
        Tensor x = Tensor.of(other, new float[] {1}, 1).persist();
        other.close();
        other.close();
        assertThat(x.isReleased()).isTrue();
        assertThatThrownBy(other::memory)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThat(Device.current()).isSameAs(device);
    }

    @Test
    void uploadTakesExactlyTheBytes() {
        assertShapeError(
                () -> Tensor.upload(device, MemorySegment.ofArray(new byte[7]), DType.FLOAT32, shape(2)),
                "7 bytes",
                "[2]",
                "8");
    }
}
