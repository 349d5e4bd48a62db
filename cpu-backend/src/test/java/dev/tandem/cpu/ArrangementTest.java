package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.PadMode;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Copies between orders, of all types and of sizes at which threads and oneDNN take part; small ones are in the kit. */
class ArrangementTest {
    /** Bytes at random, which as numbers are of all kinds, NaN too: copies must not touch them. */
    private static CpuStorage random(TestRuntime test, Shape shape, DType dtype) {
        CpuStorage storage = test.runtime.allocate(shape, dtype);
        byte[] bytes = new byte[(int) storage.bytes()];
        new Random(1).nextBytes(bytes);
        storage.segment().copyFrom(java.lang.foreign.MemorySegment.ofArray(bytes));
        return storage;
    }

    /** The bytes of an element, given by its place in plain order. */
    private static long bits(CpuStorage storage, long[] index) {
        long at = storage.address
                + Slice.offset(index, storage.strides()) * storage.dtype().bytes();
        return Fill.pattern(at, storage.dtype().bytes());
    }

    private interface Origin {
        long[] of(long[] index);
    }

    /** Every element of a result, compared with the one that it should be a copy of. */
    private static void check(CpuStorage result, CpuStorage source, Origin origin) {
        long[] strides = result.shape().strides();
        long[] index = new long[strides.length];
        for (long i = 0; i < result.shape().elements(); i++) {
            for (int axis = 0; axis < strides.length; axis++) {
                index[axis] = i / strides[axis] % result.shape().size(axis);
            }
            if (bits(result, index) != bits(source, origin.of(index.clone()))) {
                throw new AssertionError("element " + Arrays.toString(index) + " of " + result.shape() + " is wrong");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void permutesOfAllTypes(DType dtype) {
        int[][] sequences = {{0, 2, 3, 1}, {0, 3, 1, 2}, {3, 2, 1, 0}, {1, 0, 3, 2}, {0, 2, 1, 3}, {0, 1, 2, 3}};
        try (TestRuntime test = new TestRuntime(2)) {
            for (Shape shape : List.of(Shape.of(3, 7, 33, 35), Shape.of(2, 40, 8, 64), Shape.of(9, 3, 1, 600))) {
                CpuStorage plain = random(test, shape, dtype);
                CpuStorage last = test.runtime.channelsLast(plain);
                check(last, plain, index -> index);
                for (int[] sequence : sequences) {
                    for (CpuStorage x : List.of(plain, last)) {
                        CpuStorage y = Permute.permute(test.runtime, x, sequence);
                        check(y, plain, index -> {
                            long[] from = new long[4];
                            IntStream.range(0, 4).forEach(axis -> from[sequence[axis]] = index[axis]);
                            return from;
                        });
                        y.release();
                    }
                }
                test.release(plain, last);
            }
        }
    }

    @Test
    void channelsLastToRowsOfChannelsAndBackCopiesNothing() {
        try (TestRuntime test = new TestRuntime(1)) {
            CpuStorage plain = random(test, Shape.of(2, 3, 4, 5), DType.FLOAT32);
            CpuStorage last = test.runtime.channelsLast(plain);
            CpuStorage rows = Permute.permute(test.runtime, last, new int[] {0, 2, 3, 1});
            CpuStorage back = Permute.permute(test.runtime, rows, new int[] {0, 3, 1, 2});
            assertThat(rows.isPlain()).isTrue();
            assertThat(rows.address).isEqualTo(last.address);
            assertThat(back.address).isEqualTo(last.address);
            assertThat(back.order()).isEqualTo(Order.CHANNELS_LAST);
            test.release(plain, last, rows, back);
        }
    }

    @ParameterizedTest
    @EnumSource
    void slicesPadsAndConcatenationsOfAllTypes(DType dtype) {
        Shape shape = Shape.of(3, 24, 21, 23);
        long[] start = {1, 2, 3, 4};
        long[] before = {0, 0, 2, 1};
        long[] after = {0, 0, 1, 3};
        try (TestRuntime test = new TestRuntime(2)) {
            CpuStorage plain = random(test, shape, dtype);
            CpuStorage last = test.runtime.channelsLast(plain);
            for (CpuStorage x : List.of(plain, last)) {
                for (long[] step : new long[][] {{1, 1, 1, 1}, {1, 2, 1, 3}}) {
                    CpuStorage y = Slice.slice(test.runtime, x, start, step, Shape.of(2, 11, 18, 6));
                    assertThat(y.order()).isEqualTo(x.order());
                    check(y, plain, index -> {
                        IntStream.range(0, 4).forEach(axis -> index[axis] = start[axis] + index[axis] * step[axis]);
                        return index;
                    });
                    y.release();
                }
                CpuStorage padded = Pad.pad(test.runtime, x, before, after, PadMode.REFLECT, 0);
                assertThat(padded.order()).isEqualTo(x.order());
                check(padded, plain, index -> {
                    index[2] = index[2] < 2 ? 2 - index[2] : index[2] < 23 ? index[2] - 2 : 20 - (index[2] - 22);
                    index[3] = index[3] < 1 ? 1 - index[3] : index[3] < 24 ? index[3] - 1 : 22 - (index[3] - 23);
                    return index;
                });
                padded.release();
                for (int axis = 0; axis < 4; axis++) {
                    int along = axis;
                    CpuStorage both = Concat.concat(test.runtime, List.of(x, plain), axis);
                    assertThat(both.order()).isEqualTo(x.order());
                    check(both, plain, index -> {
                        index[along] %= shape.size(along);
                        return index;
                    });
                    both.release();
                }
            }
            test.release(plain, last);
        }
    }

    @ParameterizedTest
    @EnumSource
    void expansionsOfAllTypes(DType dtype) {
        try (TestRuntime test = new TestRuntime(2)) {
            for (Shape from : List.of(
                    Shape.of(3, 1, 1, 50), Shape.of(1, 20, 1, 1), Shape.of(30, 1), Shape.of(), Shape.of(3, 20, 1, 1))) {
                CpuStorage x = random(test, from, dtype);
                CpuStorage y = Expand.expand(test.runtime, x, Shape.of(3, 20, 30, 50));
                check(y, x, index -> {
                    long[] origin = Arrays.copyOfRange(index, 4 - from.rank(), 4);
                    IntStream.range(0, from.rank()).forEach(axis -> origin[axis] %= from.size(axis));
                    return origin;
                });
                test.release(x, y);
            }
        }
    }

    @Test
    void broadcastsOfAllPairsOfOrders() {
        List<Shape> shapes = List.of(
                Shape.of(4, 24, 31, 17),
                Shape.of(1, 24, 1, 1),
                Shape.of(24, 1, 1),
                Shape.of(24, 31, 17),
                Shape.of(1, 24, 31, 17),
                Shape.of(4, 1, 31, 17),
                Shape.of(4, 24, 1, 1),
                Shape.of(17),
                Shape.of());
        try (TestRuntime test = new TestRuntime(2)) {
            BinaryOperation operation = new BinaryOperation(test.runtime);
            Shape whole = shapes.get(0);
            for (Shape other : shapes) {
                CpuStorage a = test.floats(whole, TestRuntime.normal(1, (int) whole.elements()));
                CpuStorage b = test.floats(other, TestRuntime.normal(2, (int) other.elements()));
                CpuStorage large = Expand.expand(test.runtime, b, whole);
                CpuStorage plainLarge = test.runtime.plain(large);
                CpuStorage expected = operation.run(BinaryOp.SUBTRACT, a, plainLarge);
                CpuStorage less = operation.run(BinaryOp.LESS, a, plainLarge);
                CpuStorage chosen = Where.where(test.runtime, less, a, plainLarge);
                for (Order order : Order.values()) {
                    for (Order orderB : Order.values()) {
                        CpuStorage x = test.runtime.in(order, a);
                        CpuStorage y = other.rank() == 4 ? test.runtime.in(orderB, b) : test.runtime.plain(b);
                        CpuStorage result = operation.run(BinaryOp.SUBTRACT, x, y);
                        assertThat(test.array(result)).isEqualTo(test.array(expected));
                        CpuStorage flags = operation.run(BinaryOp.LESS, x, y);
                        check(flags, less, index -> index);
                        CpuStorage picked = Where.where(test.runtime, flags, x, y);
                        assertThat(test.array(picked)).isEqualTo(test.array(chosen));
                        assertThat(List.of(result.order(), flags.order(), picked.order()))
                                .containsOnly(other == whole && orderB != Order.PLAIN ? orderB : order);
                        test.release(x, y, result, flags, picked);
                    }
                }
                test.release(a, b, large, plainLarge, expected, less, chosen);
            }
        }
    }

    @Test
    void fillsOfAllTypesAndLengths() {
        try (TestRuntime test = new TestRuntime(1)) {
            for (DType dtype : DType.values()) {
                for (int count : new int[] {1, 2, 3, 7, 31, 64, 100, 129}) {
                    CpuStorage storage = test.runtime.allocate(Shape.of(count + 2), dtype);
                    CpuStorage middle = storage.view(1, Shape.of(count));
                    Fill.fill(test.runtime, storage, 0);
                    Fill.fill(test.runtime, middle, 5);
                    for (int i = 0; i < count + 2; i++) {
                        assertThat(Conversion.get(dtype, storage.address, i)).isEqualTo(i > 0 && i <= count ? 5 : 0);
                    }
                    test.release(storage, middle);
                }
            }
        }
    }
}
