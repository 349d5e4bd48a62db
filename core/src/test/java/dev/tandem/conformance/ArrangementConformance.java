package dev.tandem.conformance;

import dev.tandem.backend.PadMode;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reshape, permute, slice, expand, concat and pad: the same elements elsewhere, of every type, bit for bit. */
class ArrangementConformance extends Kit {
    private static long[] longs(long... values) {
        return values;
    }

    private void exactly(Operation operation, Values... inputs) {
        checkForward(Tolerance.EXACT, operation, inputs);
    }

    @Test
    void reshapeKeepsRowMajorOrder() {
        Draw draw = new Draw(1);
        Values image = draw.normal(2, 17, 3, 5);
        for (Shape shape : List.of(
                Shape.of(2, 255), Shape.of(510), Shape.of(34, 15), Shape.of(2, 17, 15, 1), Shape.of(1, 2, 3, 5, 17))) {
            exactly((on, in) -> on.memory().reshape(in[0], shape), image);
        }
        exactly((on, in) -> on.memory().reshape(in[0], Shape.of()), draw.normal(1, 1, 1, 1));
        exactly((on, in) -> on.memory().reshape(in[0], Shape.of(5, 0)), draw.normal(0, 3, 2, 2));
    }

    @ParameterizedTest
    @EnumSource
    void permuteInEveryOrder(DType dtype) {
        Values image = new Draw(2).integers(dtype, 0, 99, 2, 17, 3, 5);
        Values any = new Values(image.dtype(), image.shape(), image.numbers(), false);
        for (int[] order : orders(4)) {
            exactly((on, in) -> on.memory().permute(in[0], order), any);
        }
        Values matrix = new Draw(3).integers(dtype, 0, 99, 70, 33);
        exactly((on, in) -> on.memory().permute(in[0], new int[] {1, 0}), matrix);
        Values empty = new Draw(3).integers(dtype, 0, 99, 2, 0, 3);
        exactly((on, in) -> on.memory().permute(in[0], new int[] {2, 0, 1}), empty);
        exactly((on, in) -> on.memory().permute(in[0], new int[0]), new Draw(3).integers(dtype, 0, 99));
    }

    private static List<int[]> orders(int rank) {
        List<int[]> result = new ArrayList<>();
        collect(new int[0], rank, result);
        return result;
    }

    private static void collect(int[] chosen, int rank, List<int[]> result) {
        if (chosen.length == rank) {
            result.add(chosen);
        }
        for (int axis = 0; axis < rank; axis++) {
            int next = axis;
            if (Arrays.stream(chosen).noneMatch(one -> one == next)) {
                int[] longer = Arrays.copyOf(chosen, chosen.length + 1);
                longer[chosen.length] = axis;
                collect(longer, rank, result);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void sliceWithStartsAndSteps(DType dtype) {
        Values x = new Draw(4).integers(dtype, 0, 99, 3, 17, 5, 7);
        Values image = new Values(x.dtype(), x.shape(), x.numbers(), false);
        slice(image, longs(0, 0, 0, 0), longs(1, 1, 1, 1), Shape.of(3, 17, 5, 7));
        slice(image, longs(1, 0, 0, 0), longs(1, 1, 1, 1), Shape.of(1, 17, 5, 7));
        slice(image, longs(0, 3, 0, 0), longs(1, 1, 1, 1), Shape.of(3, 8, 5, 7));
        slice(image, longs(0, 9, 1, 2), longs(2, 3, 2, 4), Shape.of(2, 3, 2, 2));
        slice(image, longs(2, 16, 4, 6), longs(1, 1, 1, 1), Shape.of(1, 1, 1, 1));
        slice(image, longs(3, 0, 0, 0), longs(1, 1, 1, 1), Shape.of(0, 17, 5, 7));
        slice(new Draw(5).integers(dtype, 0, 99, 10), longs(1), longs(3), Shape.of(3));
    }

    private void slice(Values x, long[] start, long[] step, Shape size) {
        exactly((on, in) -> on.memory().slice(in[0], start.clone(), step.clone(), size), x);
        Values small = new Draw(6).integers(x.dtype(), 1, 99, size.toArray());
        Values any = new Values(small.dtype(), size, small.numbers(), false);
        exactly((on, in) -> on.memory().unslice(in[0], start.clone(), step.clone(), x.shape()), any);
    }

    @ParameterizedTest
    @EnumSource
    void expandRepeatsAxesOfSizeOne(DType dtype) {
        for (long[][] pair : new long[][][] {
            {{1, 17, 1, 1}, {3, 17, 5, 7}},
            {{3, 1, 5, 7}, {3, 4, 5, 7}},
            {{}, {2, 3}},
            {{5}, {4, 5}},
            {{4, 1}, {2, 4, 3}},
            {{1}, {0}},
            {{2, 3}, {2, 3}}
        }) {
            Values x = new Draw(7).integers(dtype, 0, 99, pair[0]);
            Shape to = Shape.of(pair[1]);
            exactly((on, in) -> on.memory().expand(in[0], to), new Values(dtype, x.shape(), x.numbers(), false));
        }
    }

    @ParameterizedTest
    @EnumSource
    void concatAlongEachAxis(DType dtype) {
        Draw draw = new Draw(8);
        for (int axis = 0; axis < 4; axis++) {
            Shape base = Shape.of(2, 17, 3, 5);
            int along = axis;
            Values[] parts = new Values[3];
            for (int i = 0; i < 3; i++) {
                Values part = draw.integers(
                        dtype, 0, 99, base.with(axis, new long[] {7, 24, 1}[i]).toArray());
                parts[i] = new Values(dtype, part.shape(), part.numbers(), false);
            }
            exactly((on, in) -> on.memory().concat(List.of(in), along), parts);
        }
        Values one = draw.integers(dtype, 0, 99, 3);
        Values none = draw.integers(dtype, 0, 99, 0);
        exactly((on, in) -> on.memory().concat(List.of(in), 0), one, none, one);
        exactly((on, in) -> on.memory().concat(List.of(in[0], in[0]), 0), one);
    }

    @ParameterizedTest
    @EnumSource
    void padInEveryMode(PadMode mode) {
        Draw draw = new Draw(9);
        for (double value : new double[] {0, -1.5}) {
            pad(mode, value, draw.normal(2, 17, 3, 5), longs(0, 0, 1, 2), longs(0, 0, 2, 4));
            pad(mode, value, draw.normal(2, 6, 3, 5), longs(1, 3, 0, 0), longs(0, 2, 0, 1));
            pad(mode, value, draw.normal(6), longs(5), longs(5));
            pad(mode, value, draw.normal(2, 3, 4), longs(0, 0, 0), longs(0, 0, 0));
            pad(mode, value, draw.normal(0, 3, 4, 4), longs(0, 0, 1, 1), longs(0, 0, 1, 1));
        }
        if (mode != PadMode.REFLECT) {
            pad(mode, 2, draw.normal(1, 1, 1, 1), longs(2, 1, 3, 4), longs(1, 0, 3, 2));
        }
    }

    private void pad(PadMode mode, double value, Values x, long[] before, long[] after) {
        exactly((on, in) -> on.memory().pad(in[0], before, after, mode, value), x);
        long[] sizes = x.shape().toArray();
        for (int axis = 0; axis < sizes.length; axis++) {
            sizes[axis] += before[axis] + after[axis];
        }
        // Sums of a few elements, so nearly exact.
        checkForward(
                Tolerance.elementwise(DType.FLOAT32).times(10),
                (on, in) -> on.memory().padBackward(in[0], x.shape(), before, after, mode),
                new Draw(10).normal(sizes));
    }

    @ParameterizedTest
    @EnumSource
    void padOfEveryType(DType dtype) {
        Values x = new Draw(11).integers(dtype, 1, 99, 2, 3, 4);
        for (PadMode mode : PadMode.values()) {
            exactly((on, in) -> on.memory().pad(in[0], longs(1, 0, 2), longs(0, 2, 1), mode, 7), x);
        }
    }

    @Test
    void padBackwardIsTheGradientOfPad() {
        for (PadMode mode : PadMode.values()) {
            Operation pad = (on, in) -> on.memory().pad(in[0], longs(0, 0, 1, 2), longs(0, 0, 2, 1), mode, 3);
            checkGradients(
                    Tolerance.sum(10),
                    pad,
                    (on, in, gradient) -> new Storage[] {
                        on.memory().padBackward(gradient, in[0].shape(), longs(0, 0, 1, 2), longs(0, 0, 2, 1), mode)
                    },
                    new Draw(12).normal(2, 17, 4, 5));
        }
    }

    @Override
    protected boolean referenceHasBackward() {
        return true;
    }

    @Test
    void minusZeroAndNaNSurviveEveryMove() {
        Values x = Values.of(Shape.of(2, 2), -0.0, Double.NaN, Double.NEGATIVE_INFINITY, 0.0);
        exactly((on, in) -> on.memory().permute(in[0], new int[] {1, 0}), x);
        try (Held held = new Held()) {
            Storage storage = put(held, x);
            Storage turned = held.add(device.memory().permute(storage, new int[] {1, 0}));
            org.assertj.core.api.Assertions.assertThat(1 / download(turned)[0]).isEqualTo(Double.NEGATIVE_INFINITY);
        }
    }
}
