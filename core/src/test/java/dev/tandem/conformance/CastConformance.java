package dev.tandem.conformance;

import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Conversion between types: to nearest, halves to even; to integers toward zero. */
class CastConformance extends Kit {
    static List<DType[]> pairs() {
        List<DType[]> pairs = new ArrayList<>();
        for (DType from : DType.values()) {
            for (DType to : DType.values()) {
                pairs.add(new DType[] {from, to});
            }
        }
        return pairs;
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void smallWholeNumbersSurviveEveryConversion(DType from, DType to) {
        for (long[] sizes : new long[][] {{}, {0}, {1}, {33}, {2, 3, 5, 7}}) {
            checkCast(new Draw(1).integers(from, 0, 200, sizes), to);
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void fractionsTruncateTowardZero(DType from, DType to) {
        if (!from.isFloating() || to.isFloating()) {
            return;
        }
        double low = to == DType.UINT8 ? 0 : -250;
        Values x = new Draw(2).uniform(low, 250, 300).as(from);
        checkCast(x, to);
        double[] corners = to == DType.UINT8
                ? new double[] {0, 0.5, 0.99, 1.5, 254.5, -0.0}
                : new double[] {0, 0.5, -0.5, 0.99, -0.99, 1.5, -1.5, -2.75, 2.75, -0.0};
        checkCast(Values.vector(corners).as(from), to);
    }

    @Test
    void halvesRoundToNearestEven() {
        // Every 16-bit pattern's value, and what lies half way to its neighbours and just beside that.
        for (DType half : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
            List<Double> numbers = new ArrayList<>();
            for (int bits = 0; bits < 1 << 16; bits += 7) {
                double value = Rounding.fromBits((short) bits, half);
                double next = Rounding.fromBits((short) (bits + 1), half);
                float middle = (float) ((value + next) / 2);
                for (float candidate :
                        new float[] {(float) value, middle, Math.nextUp(middle), Math.nextDown(middle)}) {
                    if (!Float.isNaN(candidate)) {
                        numbers.add((double) candidate);
                    }
                }
            }
            checkCast(
                    Values.vector(
                            numbers.stream().mapToDouble(Double::doubleValue).toArray()),
                    half);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"BFLOAT16", "FLOAT16", "FLOAT32"})
    void specialValuesAndOverflow(DType to) {
        Values special = Values.vector(
                Double.NaN,
                Double.POSITIVE_INFINITY,
                Double.NEGATIVE_INFINITY,
                Float.MAX_VALUE,
                -Float.MAX_VALUE,
                Float.MIN_VALUE,
                -Float.MIN_VALUE,
                Float.MIN_NORMAL,
                65504,
                65519.996,
                65520,
                -65520,
                1e-40f,
                6e-8f,
                3e-8f,
                2.9802322387695312e-8,
                2.98023259404e-8);
        checkCast(special.as(DType.FLOAT32), to);
        for (DType from : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
            checkCast(special.as(from), to);
        }
    }

    @Test
    void randomBitPatternsRoundRight() {
        Random random = new Random(5);
        double[] numbers = random.ints(20_000)
                .mapToObj(Float::intBitsToFloat)
                .filter(value -> !Float.isNaN(value))
                .mapToDouble(Float::doubleValue)
                .toArray();
        checkCast(Values.vector(numbers), DType.BFLOAT16);
        checkCast(Values.vector(numbers), DType.FLOAT16);
    }

    @Test
    void minusZeroKeepsItsSign() {
        try (Held held = new Held()) {
            Storage x = put(held, Values.vector(-0.0, 0.0));
            for (DType half : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
                Storage there = held.add(device.memory().cast(x, half));
                Storage back = held.add(device.memory().cast(there, DType.FLOAT32));
                org.assertj.core.api.Assertions.assertThat(1 / download(back)[0])
                        .isEqualTo(Double.NEGATIVE_INFINITY);
            }
        }
    }

    @Test
    void largeIntegersRoundOnce() {
        double[] large = {16777217, 16777219, -16777217, 2147483583, 33554434, 123456789};
        checkCast(Values.integers(DType.INT32, Shape.of(6), large), DType.FLOAT32);
        checkCast(Values.integers(DType.INT32, Shape.of(6), large), DType.INT64);
        checkCast(Values.integers(DType.INT64, Shape.of(6), large), DType.FLOAT32);
        checkCast(Values.integers(DType.INT64, Shape.of(6), large), DType.INT32);
        checkCast(Values.integers(DType.INT64, Shape.of(2), 1L << 40, -(1L << 51) - 1), DType.FLOAT32);
        checkCast(Values.vector(1e9f, -2147483648f, 2147483520f), DType.INT32);
        checkCast(Values.vector(0x1p40, -0x1p55), DType.INT64);
    }

    @Test
    void ordersOfImagesDoNotMatter() {
        for (DType to : DType.values()) {
            checkCast(new Draw(6).uniform(0, 250, 2, 17, 3, 5), to);
        }
    }

    private void checkCast(Values x, DType to) {
        checkForward(Tolerance.EXACT, (on, in) -> on.memory().cast(in[0], to), x);
    }
}
