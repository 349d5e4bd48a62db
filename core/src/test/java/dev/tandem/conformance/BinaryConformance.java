package dev.tandem.conformance;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Functions of two elements, with every pattern of broadcasting; where; axpby. */
class BinaryConformance extends Kit {
    /** Two shapes that broadcast. */
    record Pair(Shape a, Shape b) {
        static Pair of(long[] a, long... b) {
            return new Pair(Shape.of(a), Shape.of(b));
        }
    }

    private static long[] longs(long... sizes) {
        return sizes;
    }

    static List<Pair> pairs() {
        return List.of(
                Pair.of(longs(), new long[0]),
                Pair.of(longs(5), 5),
                Pair.of(longs(1027), 1027),
                Pair.of(longs(5), new long[0]),
                Pair.of(longs(), 2, 3),
                Pair.of(longs(4, 7), 7),
                Pair.of(longs(4, 7), 4, 1),
                Pair.of(longs(4, 1), 1, 7),
                Pair.of(longs(3, 1, 5), 4, 1),
                Pair.of(longs(2, 17, 3, 5), 2, 17, 3, 5),
                Pair.of(longs(2, 24, 3, 5), 2, 24, 3, 5),
                Pair.of(longs(2, 17, 3, 5), 1, 17, 1, 1),
                Pair.of(longs(2, 24, 3, 5), 24, 1, 1),
                Pair.of(longs(2, 17, 3, 5), 2, 17, 1, 1),
                Pair.of(longs(2, 17, 3, 5), 2, 1, 3, 5),
                Pair.of(longs(2, 17, 3, 5), 5),
                Pair.of(longs(2, 17, 3, 5), 3, 1),
                Pair.of(longs(2, 17, 1, 1), 1, 1, 3, 5),
                Pair.of(longs(2, 1, 3, 1), 1, 6, 1, 4),
                Pair.of(longs(17, 1, 1), 2, 17, 3, 5),
                Pair.of(longs(2, 3, 4, 5, 6), 3, 1, 5, 1),
                Pair.of(longs(0, 3), 3),
                Pair.of(longs(0, 17, 2, 2), 17, 1, 1),
                Pair.of(longs(2, 0), 2, 1),
                Pair.of(longs(1, 3), 0, 1));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void everyFunctionBroadcasts(Pair pair) {
        for (BinaryOp op : BinaryOp.values()) {
            Draw draw = new Draw(op.ordinal());
            Values a = operand(draw, op, pair.a.toArray());
            Values b = operand(draw, op, pair.b.toArray());
            checkForward(tolerance(op, DType.FLOAT32), (on, in) -> on.math().binary(op, in[0], in[1]), a, b);
        }
    }

    private static Values operand(Draw draw, BinaryOp op, long... shape) {
        if (op.isComparison() || op == BinaryOp.MAXIMUM || op == BinaryOp.MINIMUM) {
            // Few different numbers, so that many are equal.
            Values whole = draw.integers(DType.FLOAT32, -3, 3, shape);
            return Values.of(whole.shape(), whole.numbers());
        }
        return op == BinaryOp.POWER || op == BinaryOp.DIVIDE ? draw.uniform(0.3, 3, shape) : draw.normal(shape);
    }

    private static Tolerance tolerance(BinaryOp op, DType dtype) {
        return op.isComparison() ? Tolerance.EXACT : Tolerance.elementwise(dtype);
    }

    @ParameterizedTest
    @EnumSource
    void halvesAreComputedInFloat32(BinaryOp op) {
        for (DType dtype : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
            Draw draw = new Draw(op.ordinal());
            for (Pair pair : List.of(
                    Pair.of(longs(33), 33), Pair.of(longs(2, 17, 3, 5), 17, 1, 1), Pair.of(longs(4, 1), 1, 7))) {
                Values a = operand(draw, op, pair.a.toArray()).as(dtype);
                Values b = operand(draw, op, pair.b.toArray()).as(dtype);
                checkForward(tolerance(op, dtype), (on, in) -> on.math().binary(op, in[0], in[1]), a, b);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"DIVIDE", "POWER"})
    void integersAreExact(BinaryOp op) {
        for (DType dtype : new DType[] {DType.INT32, DType.INT64, DType.UINT8}) {
            Draw draw = new Draw(op.ordinal());
            int low = dtype == DType.UINT8 ? 0 : -120;
            int high = dtype == DType.UINT8 ? 255 : 120; // UINT8 wraps around
            for (Pair pair : List.of(
                    Pair.of(longs(), new long[0]),
                    Pair.of(longs(67), 67),
                    Pair.of(longs(2, 17, 3, 5), 17, 1, 1),
                    Pair.of(longs(4, 1), 1, 7),
                    Pair.of(longs(6), new long[0]))) {
                Values a = draw.integers(dtype, low, high, pair.a.toArray());
                Values b = draw.integers(dtype, low, high, pair.b.toArray());
                checkForward(Tolerance.EXACT, (on, in) -> on.math().binary(op, in[0], in[1]), a, b);
            }
        }
    }

    @Test
    void largeLongsAreNotRounded() {
        double large = 1L << 52;
        Values a = Values.integers(DType.INT64, Shape.of(3), large + 1, -large - 3, 5);
        Values b = Values.integers(DType.INT64, Shape.of(3), -large, large, large);
        for (BinaryOp op : new BinaryOp[] {BinaryOp.ADD, BinaryOp.MAXIMUM, BinaryOp.LESS, BinaryOp.EQUAL}) {
            checkForward(Tolerance.EXACT, (on, in) -> on.math().binary(op, in[0], in[1]), a, b);
        }
    }

    @ParameterizedTest
    @EnumSource
    void specialValues(BinaryOp op) {
        double inf = Double.POSITIVE_INFINITY;
        double[] special = {Double.NaN, inf, -inf, 0, -0.0, 1, -1, 3e38f};
        double[] a = new double[special.length * special.length];
        double[] b = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            a[i] = special[i / special.length];
            b[i] = special[i % special.length];
        }
        Values rows = Values.of(Shape.of(special.length, special.length), a);
        Values columns = Values.of(Shape.of(special.length, special.length), b);
        checkForward(tolerance(op, DType.FLOAT32), (on, in) -> on.math().binary(op, in[0], in[1]), rows, columns);
        checkForward(
                tolerance(op, DType.FLOAT32),
                (on, in) -> on.math().binary(op, in[0], in[1]),
                rows.withoutMinusZero(),
                columns.withoutMinusZero());
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void whereBroadcastsAllThree(Pair pair) {
        Draw draw = new Draw(2);
        for (DType dtype : new DType[] {DType.FLOAT32, DType.BFLOAT16, DType.INT64, DType.UINT8}) {
            Values a = draw.integers(dtype, 0, 99, pair.a.toArray());
            Values b = draw.integers(dtype, 0, 99, pair.b.toArray());
            Values condition = draw.integers(DType.UINT8, 0, 1, pair.a.toArray());
            Values whole = draw.integers(
                    DType.UINT8, 0, 2, Shape.broadcast("", pair.a, pair.b).toArray());
            Operation where = (on, in) -> on.math().where(in[0], in[1], in[2]);
            Values left = new Values(dtype, a.shape(), a.numbers(), false);
            checkForward(Tolerance.EXACT, where, condition, left, b);
            checkForward(Tolerance.EXACT, where, whole, b, left);
        }
    }

    @Test
    void whereKeepsTheOtherSidesNaNOut() {
        Values condition = Values.integers(DType.UINT8, Shape.of(2), 1, 0);
        Values numbers = Values.vector(1, Double.NaN);
        Values others = Values.vector(Double.NaN, 2);
        checkForward(Tolerance.EXACT, (on, in) -> on.math().where(in[0], in[1], in[2]), condition, numbers, others);
    }

    @Test
    void axpbyInAnyOrders() {
        Draw draw = new Draw(3);
        for (long[] shape : new long[][] {{}, {0}, {1}, {1027}, {2, 24}, {2, 17, 3, 5}, {1, 64, 2, 2}, {0, 3, 2, 2}}) {
            Values x = draw.normal(shape);
            Values y = draw.normal(shape);
            for (float[] factors : new float[][] {{1, 1}, {1, 0}, {-0.3f, 2.5f}, {0, 1}, {1, -1}}) {
                // In place: on a copy, which may keep y's order.
                Operation axpby = (on, in) -> {
                    Storage target = on.memory().copy(in[1]);
                    on.math().axpby(factors[0], in[0], factors[1], target);
                    return target;
                };
                checkForward(Tolerance.elementwise(DType.FLOAT32), axpby, x, y);
            }
        }
    }

    @Test
    void axpbyWritesIntoEveryArrival() {
        Values x = new Draw(4).normal(2, 17, 3, 5);
        Values y = new Draw(5).normal(2, 17, 3, 5);
        double[] expected = new double[y.numbers().length];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = 2 * x.numbers()[i] - y.numbers()[i];
        }
        for (Arrival from : Arrival.values()) {
            for (Arrival to : Arrival.values()) {
                try (Held held = new Held()) {
                    Storage target = held.add(to.put(device, y));
                    device.math().axpby(2, held.add(from.put(device, x)), -1, target);
                    Tolerance.elementwise(DType.FLOAT32)
                            .check(from + " to " + to, x.shape(), expected, download(target));
                }
            }
        }
    }

    @Test
    void axpbyWithBetaZeroForgetsGarbage() {
        for (long[] shape : new long[][] {{1}, {1027}, {2, 17, 3, 5}}) {
            for (Arrival arrival : Arrival.values()) {
                Values x = new Draw(6).normal(shape);
                if (arrival.fits(x)) {
                    try (Held held = new Held()) {
                        Storage target = held.add(device.memory().allocate(x.shape(), DType.FLOAT32));
                        device.memory().fill(target, Double.NaN);
                        device.math().axpby(1, held.add(arrival.put(device, x)), 0, target);
                        Tolerance.EXACT.check("axpby over NaN", x.shape(), x.numbers(), download(target));
                    }
                }
            }
        }
    }

    @Test
    void axpbyOfAStorageWithItself() {
        try (Held held = new Held()) {
            Storage x = put(held, Values.vector(1, 2, 3));
            device.math().axpby(2, x, 1, x);
            Tolerance.EXACT.check("2x + x", Shape.of(3), new double[] {3, 6, 9}, download(x));
        }
    }

    @Test
    void anOperandMayBeGivenTwice() {
        Values x = new Draw(7).normal(2, 17, 3, 5);
        checkForward(
                Tolerance.elementwise(DType.FLOAT32), (on, in) -> on.math().binary(BinaryOp.MULTIPLY, in[0], in[0]), x);
    }
}
