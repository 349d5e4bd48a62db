package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.Distribution;
import dev.tandem.backend.OptimizerOps.Buffers;
import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.ShapeException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operations whose buffers are shorter than what they would read or write: refused, and nothing is touched. */
class BoundsConformance extends Kit {
    private static final Window SQUARE = Window.square(3, 1, 1);

    @BeforeEach
    void referenceIsJavaArrays() {
        Assumptions.assumeFalse(isReference(), "arrays check their own bounds");
    }

    private Storage make(Held held, DType dtype, long... shape) {
        return held.add(device.memory().allocate(Shape.of(shape), dtype));
    }

    private Storage floats(Held held, long... shape) {
        return make(held, DType.FLOAT32, shape);
    }

    private static void refused(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(ShapeException.class);
    }

    @Test
    void imagesNeedAMeanAndAScaleForEachChannel() {
        try (Held held = new Held()) {
            Storage pixels = make(held, DType.UINT8, 2, 5, 4, 3);
            Storage windows = make(held, DType.INT32, 2, 3);
            float[] one = {1};
            float[] three = {1, 2, 3};
            assertThatThrownBy(() -> device.input().images(pixels, windows, 5, 4, one, one, DType.FLOAT32))
                    .isInstanceOf(ShapeException.class)
                    .hasMessageContaining("1 means")
                    .hasMessageContaining("3 channels");
            refused(() -> device.input().images(pixels, windows, 5, 4, three, one, DType.FLOAT32));
            refused(() -> device.input().images(pixels, windows, 5, 4, new float[4], new float[4], DType.FLOAT32));
        }
    }

    @Test
    void imagesNeedAWindowEach() {
        try (Held held = new Held()) {
            Storage pixels = make(held, DType.UINT8, 2, 5, 4, 3);
            float[] three = {1, 2, 3};
            for (Storage windows : List.of(
                    make(held, DType.INT32, 1, 3), make(held, DType.INT32, 2, 2), make(held, DType.UINT8, 2, 3))) {
                refused(() -> device.input().images(pixels, windows, 5, 4, three, three, DType.FLOAT32));
            }
        }
    }

    @Test
    void transfersTakeExactlyTheElementsBytes() {
        try (Held held = new Held()) {
            Storage storage = floats(held, 2, 3);
            for (int bytes : new int[] {0, 23, 25, 48}) {
                refused(() -> device.memory().upload(MemorySegment.ofArray(new byte[bytes]), storage));
                refused(() -> device.memory().download(storage, MemorySegment.ofArray(new byte[bytes])));
            }
        }
    }

    @Test
    void viewsAndCopiesStayInside() {
        try (Held held = new Held()) {
            Storage storage = floats(held, 4, 5);
            refused(() -> device.memory().view(storage, 1, Shape.of(20)));
            refused(() -> device.memory().view(storage, -1, Shape.of(2)));
            refused(() -> device.memory().view(storage, Long.MAX_VALUE, Shape.of(2)));
            refused(() -> device.memory().reshape(storage, Shape.of(21)));
            refused(() -> device.memory().copyInto(storage, floats(held, 4, 4)));
            refused(() -> device.memory().copyInto(floats(held, 4, 4), storage));
            refused(() -> device.memory().permute(storage, new int[] {0, 0}));
            refused(() -> device.memory().permute(storage, new int[] {0, 2}));
            refused(() -> device.memory().expand(storage, Shape.of(4, 6)));
        }
    }

    @Test
    void slicesAndPaddingStayInside() {
        try (Held held = new Held()) {
            Storage storage = floats(held, 4, 5);
            long[] none = {0, 0};
            long[] dense = {1, 1};
            refused(() -> device.memory().slice(storage, new long[] {1, 0}, dense, Shape.of(4, 5)));
            refused(() -> device.memory().slice(storage, none, new long[] {2, 1}, Shape.of(3, 5)));
            refused(() -> device.memory().slice(storage, new long[] {-1, 0}, dense, Shape.of(2, 5)));
            refused(() -> device.memory().slice(storage, none, new long[] {0, 1}, Shape.of(2, 5)));
            refused(() -> device.memory().unslice(storage, new long[] {0, 1}, dense, Shape.of(4, 5)));
            refused(() -> device.memory().pad(storage, new long[] {-1, 0}, none, PadMode.CONSTANT, 0));
            refused(() -> device.memory().pad(storage, new long[] {4, 0}, none, PadMode.REFLECT, 0));
            refused(() -> device.memory().padBackward(storage, Shape.of(4, 5), dense, none, PadMode.CONSTANT));
        }
    }

    @Test
    void productsFitTheirOperandsAndResult() {
        try (Held held = new Held()) {
            Storage a = floats(held, 2, 3);
            Storage b = floats(held, 3, 4);
            refused(() -> device.math().matmul(a, b, true, false, null, null, null));
            refused(() -> device.math().matmul(a, b, false, false, floats(held, 3), null, null));
            refused(() -> device.math().matmul(a, b, false, false, null, null, floats(held, 2, 3)));
        }
    }

    @Test
    void gradientsHaveTheShapeOfWhatTheyBelongTo() {
        try (Held held = new Held()) {
            Storage x = floats(held, 2, 4, 5, 5);
            Storage small = floats(held, 2, 4, 5, 4);
            Storage weight = floats(held, 6, 4, 3, 3);
            Storage gradient = floats(held, 2, 6, 5, 5);
            refused(() -> device.math().unaryBackward(UnaryOp.SQUARE, x, small, null, 0, 0, false));
            refused(() -> device.math().axpby(1, small, 1, x));
            refused(() -> device.neural().convolution(x, weight, floats(held, 5), SQUARE, 1, null));
            refused(() -> device.neural().convolution(x, weight, null, SQUARE, 2, null));
            refused(() -> device.neural().convolution(x, weight, null, Window.square(5, 1, 2), 1, null));
            refused(() -> device.neural().convolutionBackwardInput(small, weight, x.shape(), SQUARE, 1));
            refused(() -> device.neural().convolutionBackwardWeight(x, x, SQUARE, 1, weight, null));
            refused(() -> device.neural().convolutionBackwardWeight(x, gradient, SQUARE, 1, weight, floats(held, 5)));
            refused(() -> device.neural().poolBackward(PoolKind.AVERAGE, small, null, x.shape(), SQUARE));
            refused(() -> device.neural().softmaxBackward(small, x, 1, false));
        }
    }

    @Test
    void channelsNumbersAreOneAChannel() {
        try (Held held = new Held()) {
            Storage x = floats(held, 2, 4, 3, 3);
            Storage four = floats(held, 4);
            Storage three = floats(held, 3);
            refused(() -> device.neural().batchNorm(x, null, four, three, null, null, 0, 1, null));
            refused(() -> device.neural().batchNorm(x, null, four, four, three, four, 0, 1, null));
            refused(() -> device.neural().batchNorm(x, four, four, four, null, null, 0, 1, null));
            refused(() -> device.neural().batchNormInference(x, null, four, four, four, three, 1, null));
            refused(() -> device.neural().layerNorm(x, four, four, 1));
        }
    }

    @Test
    void randomStateAndTargetsAreWhole() {
        try (Held held = new Held()) {
            Storage one = make(held, DType.INT64, 1);
            refused(() -> device.math().random(Distribution.UNIFORM, Shape.of(3), one));
            refused(() -> device.neural().dropout(floats(held, 3), 0.5f, one));
            refused(() -> device.neural().crossEntropy(floats(held, 3, 4), one, 0));
            refused(() -> device.neural().crossEntropy(floats(held, 3, 4), floats(held, 3), 0));
        }
    }

    @Test
    void updatesReachNoFurtherThanTheirBuffers() {
        try (Held held = new Held()) {
            Storage eight = floats(held, 8);
            Storage scalars = floats(held, 5);
            List<Segment> fits = List.of(new Segment(0, 8, 1, 0, 0));
            List<Segment> outside = List.of(new Segment(2, 7, 1, 0, 0));
            List<Segment> negative = List.of(new Segment(-1, 2, 1, 0, 0));
            Buffers whole = new Buffers(eight, eight, fits, scalars);
            refused(() -> device.optimizer().sgd(new Buffers(eight, eight, outside, scalars), null, 0, false));
            refused(() -> device.optimizer().sgd(new Buffers(eight, eight, negative, scalars), null, 0, false));
            refused(() -> device.optimizer().sgd(new Buffers(eight, floats(held, 7), fits, scalars), null, 0, false));
            refused(() -> device.optimizer().sgd(new Buffers(eight, eight, fits, floats(held, 4)), null, 0, false));
            refused(() -> device.optimizer().sgd(whole, floats(held, 7), 0.9f, false));
            refused(() -> device.optimizer().adam(whole, eight, floats(held, 7), 0.9f, 0.99f, 1, false));
            refused(() -> device.optimizer().globalNorm(new Buffers(eight, eight, outside, scalars), 1));
            refused(() -> device.optimizer().lerp(eight, floats(held, 7), 0.5f));
        }
    }
}
