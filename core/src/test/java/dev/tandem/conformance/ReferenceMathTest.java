package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.OptimizerOps.Buffers;
import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Values worked out by hand. */
class ReferenceMathTest {
    private final ReferenceBackend backend = new ReferenceBackend();

    private Storage of(Shape shape, double... values) {
        return backend.storage(shape, values);
    }

    private static Shape shape(long... sizes) {
        return Shape.of(sizes);
    }

    private static void assertValues(Storage storage, Shape shape, double... expected) {
        assertThat(storage.shape()).isEqualTo(shape);
        assertThat(((ReferenceStorage) storage).toDoubles()).containsExactly(expected, within(1e-7));
    }

    @Test
    void matmulTransposesAddsBiasAndBroadcasts() {
        Storage a = of(shape(2, 3), 1, 2, 3, 4, 5, 6);
        Storage b = of(shape(3, 2), 1, 0, 0, 1, 1, -2);
        assertValues(backend.math().matmul(a, b, false, false, null, null, null), shape(2, 2), 4, -4, 10, -7);
        Storage bias = of(shape(2), 1, 5);
        assertValues(backend.math().matmul(a, b, false, false, bias, Activation.RELU, null), shape(2, 2), 5, 1, 11, 0);
        assertValues(
                backend.math().matmul(a, a, true, false, null, null, null),
                shape(3, 3),
                17,
                22,
                27,
                22,
                29,
                36,
                27,
                36,
                45);
        assertValues(backend.math().matmul(a, a, false, true, null, null, null), shape(2, 2), 14, 32, 32, 77);
        Storage stack = of(shape(2, 1, 1, 2), 1, 1, 2, -1);
        Storage other = of(shape(2, 2, 1), 1, 2, 3, 4);
        assertValues(
                backend.math().matmul(stack, other, false, false, null, null, null), shape(2, 2, 1, 1), 3, 7, 0, 2);
    }

    @Test
    void reductionsOverSomeAxes() {
        Storage x = of(shape(2, 3), 1, 5, 3, 4, 2, 6);
        assertValues(backend.math().reduce(ReduceOp.SUM, x, 0), shape(1, 3), 5, 7, 9);
        assertValues(backend.math().reduce(ReduceOp.MEAN, x, 1), shape(2, 1), 3, 4);
        assertValues(backend.math().reduce(ReduceOp.MAX, x, 0, 1), shape(1, 1), 6);
        assertValues(backend.math().reduce(ReduceOp.MIN, x, 1), shape(2, 1), 1, 2);
        assertValues(backend.math().argmax(x, 1), shape(2, 1), 1, 2);
        Storage none = of(shape(1, 0));
        assertValues(backend.math().reduce(ReduceOp.SUM, none, 1), shape(1, 1), 0);
        assertValues(backend.math().reduce(ReduceOp.MEAN, none, 1), shape(1, 1), Double.NaN);
        assertValues(backend.math().reduce(ReduceOp.MAX, none, 1), shape(1, 1), Double.NEGATIVE_INFINITY);
        assertValues(backend.math().reduce(ReduceOp.MIN, none, 1), shape(1, 1), Double.POSITIVE_INFINITY);
    }

    @Test
    void binaryBroadcastsBothSides() {
        Storage column = of(shape(2, 1), 1, 2);
        Storage row = of(shape(3), 10, 20, 30);
        assertValues(backend.math().binary(BinaryOp.SUBTRACT, row, column), shape(2, 3), 9, 19, 29, 8, 18, 28);
    }

    @Test
    void arrangements() {
        Storage x = of(shape(2, 3), 1, 2, 3, 4, 5, 6);
        long[] one = {1, 1};
        assertValues(backend.memory().permute(x, new int[] {1, 0}), shape(3, 2), 1, 4, 2, 5, 3, 6);
        assertValues(
                backend.memory().slice(x, new long[] {0, 0}, new long[] {1, 2}, shape(2, 2)), shape(2, 2), 1, 3, 4, 6);
        assertValues(
                backend.memory().unslice(of(shape(1, 2), 7, 8), new long[] {1, 0}, new long[] {1, 2}, shape(2, 3)),
                shape(2, 3),
                0,
                0,
                0,
                7,
                0,
                8);
        assertValues(
                backend.memory().concat(List.of(x, of(shape(2, 1), 8, 9)), 1), shape(2, 4), 1, 2, 3, 8, 4, 5, 6, 9);
        assertValues(
                backend.memory().pad(of(shape(3), 1, 2, 3), new long[] {2}, new long[] {1}, PadMode.REFLECT, 0),
                shape(6),
                3,
                2,
                1,
                2,
                3,
                2);
        assertValues(
                backend.memory().pad(of(shape(2), 1, 2), new long[] {2}, new long[] {1}, PadMode.REPLICATE, 0),
                shape(5),
                1,
                1,
                1,
                2,
                2);
        assertValues(
                backend.memory().pad(of(shape(1, 1), 5), one, new long[] {0, 0}, PadMode.CONSTANT, 9),
                shape(2, 2),
                9,
                9,
                9,
                5);
        assertValues(
                backend.memory()
                        .padBackward(
                                of(shape(6), 1, 2, 4, 8, 16, 32),
                                shape(3),
                                new long[] {2},
                                new long[] {1},
                                PadMode.REFLECT),
                shape(3),
                4,
                42,
                17);
    }

    @Test
    void integersWrapAround() {
        Storage x = backend.memory().cast(of(shape(2), 200, 3), DType.UINT8);
        assertValues(backend.math().binary(BinaryOp.ADD, x, x), shape(2), 144, 6);
        assertValues(backend.memory().cast(of(shape(3), -2.9, 2.9, 0), DType.INT32), shape(3), -2, 2, 0);
    }

    @Test
    void momentumByHand() {
        Storage parameters = of(shape(3), 1, 2, 9);
        Storage velocity = of(shape(3), 1, 0, 9);
        Storage scalars = of(shape(6), 0.5, 1, 2, 0, 0, 0);
        List<Segment> segments = List.of(new Segment(0, 1, 1, 0, 0), new Segment(1, 1, 0.5f, 0.5f, 0.25f));
        Buffers buffers = new Buffers(parameters, of(shape(3), 1, 1, 1), segments, scalars);
        backend.optimizer().sgd(buffers, velocity, 0.5f, false);
        // g = 2 and 2 + 0.5·2 + 0.25; v = 2.5 and 3.25; p = 1 − 0.5·2.5 and 2 − 0.25·3.25
        assertValues(parameters, shape(3), -0.25, 1.1875, 9);
        assertValues(velocity, shape(3), 2.5, 3.25, 9);
    }

    @Test
    void adamsFirstStepIsTheRateWhateverTheGradient() {
        Storage parameters = of(shape(2), 1, 1);
        List<Segment> segments = List.of(new Segment(0, 2, 1, 0, 0));
        Storage scalars = of(shape(6), 0.1, 1, 1, 0, 0, 0);
        Buffers buffers = new Buffers(parameters, of(shape(2), 1000, -0.001), segments, scalars);
        Storage means = of(shape(2), 0, 0);
        backend.optimizer().adam(buffers, means, of(shape(2), 0, 0), 0.9f, 0.999f, 0, false);
        assertValues(parameters, shape(2), 0.9, 1.1);
    }

    @Test
    void clippingByGlobalNorm() {
        List<Segment> segments = List.of(new Segment(0, 1, 1, 0, 0), new Segment(2, 1, 1, 0, 0));
        Storage scalars = of(shape(6), 0.1, 1, 0.5, 0, 0, 0);
        Buffers buffers = new Buffers(of(shape(3), 0, 0, 0), of(shape(3), 6, 100, 8), segments, scalars);
        backend.optimizer().globalNorm(buffers, 1);
        assertValues(scalars, shape(6), 0.1, 1, 0.5 / (5 + 1e-6), 5, 0, 0);
    }
}
