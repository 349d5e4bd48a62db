package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Distribution;
import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.OptimizerOps.Buffers;
import dev.tandem.backend.OptimizerOps.Segment;
import dev.tandem.backend.OutOfDeviceMemoryException;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.ReduceOp;
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
    void operandsOfAnotherElementSizeAreRefused() {
        try (Held held = new Held()) {
            Storage floats = floats(held, 4, 5);
            Storage bytes = make(held, DType.UINT8, 4, 5);
            Storage halves = make(held, DType.BFLOAT16, 4, 5);
            refused(() -> device.memory().copyInto(floats, bytes));
            refused(() -> device.memory().copyInto(bytes, floats));
            refused(() -> device.memory().concat(List.of(floats, bytes), 0));
            refused(() -> device.math().binary(BinaryOp.ADD, floats, bytes));
            refused(() -> device.math().where(floats, floats, floats));
            refused(() -> device.math().where(bytes, floats, bytes));
            refused(() -> device.math().axpby(1, bytes, 1, floats));
            refused(() -> device.math().unaryBackward(UnaryOp.SQUARE, floats, halves, null, 0, 0, false));
            refused(() -> device.math().matmul(floats, halves, false, true, null, null, null));
            refused(() -> device.math().matmul(floats, floats, false, true, null, null, make(held, DType.UINT8, 4, 4)));
            refused(() -> device.neural().softmaxBackward(halves, floats, 1, false));
        }
    }

    @Test
    void axesAreThereAndDistinct() {
        try (Held held = new Held()) {
            Storage x = floats(held, 4, 5);
            refused(() -> device.math().reduce(ReduceOp.SUM, x, 2));
            refused(() -> device.math().reduce(ReduceOp.SUM, x, 0, 0));
            refused(() -> device.math().reduce(ReduceOp.SUM, x, -1));
            refused(() -> device.math().argmax(x, 2));
            refused(() -> device.math().argmax(x, -1));
            refused(() -> device.neural().softmaxBackward(x, x, 2, false));
            refused(() -> device.neural().softmaxBackward(x, x, -1, false));
            refused(() -> device.neural().softmax(x, 2, false));
            refused(() -> device.memory().concat(List.of(x, x), 2));
            refused(() -> device.memory().concat(List.of(x, floats(held, 4, 6)), 0));
            refused(() -> device.memory().concat(List.of(x, floats(held, 4, 5, 1)), 0));
        }
    }

    @Test
    void sizesBeyondAllMemoryAreRefused() {
        for (long elements : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 600, 1L << 62}) {
            for (DType dtype : new DType[] {DType.UINT8, DType.FLOAT32}) {
                assertThatThrownBy(() -> device.memory().allocate(Shape.of(elements), dtype))
                        .isInstanceOfAny(OutOfDeviceMemoryException.class, ArithmeticException.class);
            }
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
    void gradientsOfConvolutionsNeedImagesOfTheWeightsChannels() {
        try (Held held = new Held()) {
            Shape five = Shape.of(2, 5, 5, 5);
            Storage weight = floats(held, 6, 4, 3, 3);
            Storage gradient = floats(held, 2, 6, 5, 5);
            refused(() -> device.neural().convolutionBackwardInput(gradient, weight, five, SQUARE, 1));
            Storage x = floats(held, 2, 5, 5, 5);
            refused(() -> device.neural().convolutionBackwardWeight(x, gradient, SQUARE, 1, weight, null));
        }
    }

    @Test
    void gradientsOfNormalisationsHaveTheShapeOfTheirInput() {
        try (Held held = new Held()) {
            Storage x = floats(held, 2, 4, 3, 4);
            Storage small = floats(held, 2, 4, 3, 3);
            Storage four = floats(held, 4);
            Storage three = floats(held, 3);
            Storage rows = floats(held, 24);
            Normalized batch = new Normalized(null, four, four, null);
            Normalized layer = new Normalized(null, rows, rows, null);
            Storage none = null;
            refused(() -> device.neural().batchNorm(x, small, four, four, none, none, 0, 1, null));
            refused(() -> device.neural().batchNormInference(x, small, four, four, four, four, 1, null));
            refused(() -> device.neural().batchNormBackward(small, x, batch, four, 1, null, false, four, four));
            refused(() -> device.neural().batchNormBackward(x, x, batch, four, 1, null, false, three, four));
            refused(() -> device.neural().layerNormBackward(small, x, layer, four, 1, four, four));
            refused(() -> device.neural().layerNormBackward(x, x, layer, four, 1, four, three));
            refused(() -> device.neural().localResponseNormBackward(small, x, new Result(x, null), 3, 1, 1, 1));
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
    void whatAForwardSavedFitsItsBackward() {
        try (Held held = new Held()) {
            Storage x = floats(held, 2, 4, 6, 6);
            Storage four = floats(held, 4);
            Storage one = floats(held, 1);
            Window halves = Window.square(2, 2, 0);
            Storage gradient = floats(held, 2, 4, 3, 3);
            Storage small = floats(held, 2, 4, 3, 2);
            refused(() -> device.neural().poolBackward(PoolKind.MAX, gradient, small, x.shape(), halves));
            refused(() -> device.neural().poolBackward(PoolKind.MAX, gradient, null, x.shape(), halves));
            refused(() -> device.neural().dropoutBackward(x, make(held, DType.UINT8, 3), 0.5f));
            Normalized statistics = new Normalized(null, one, four, null);
            refused(() -> device.neural().batchNormBackward(x, x, statistics, four, 0.1f, null, false, four, four));
            Normalized output = new Normalized(small, four, four, null);
            refused(() ->
                    device.neural().batchNormBackward(x, x, output, four, 0.1f, Activation.RELU, false, four, four));
            Storage six = floats(held, 6);
            Normalized rows = new Normalized(null, six, six, null);
            refused(() -> device.neural().layerNormBackward(x, x, rows, six, 0.1f, six, six));
        }
    }

    @Test
    void attentionsOperandsFit() {
        try (Held held = new Held()) {
            Storage query = floats(held, 1, 2, 3, 4);
            Storage key = floats(held, 1, 2, 5, 4);
            Storage value = floats(held, 1, 2, 5, 6);
            refused(() -> device.neural().attention(query, key, query, 1, false));
            refused(() -> device.neural().attention(query, value, value, 1, false));
            refused(() -> device.neural().attention(query, floats(held, 1, 1, 5, 4), value, 1, false));
            refused(() -> device.neural().attentionBackward(query, query, key, value, new Result(null, null), 1));
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
            Storage saved = floats(held, 3, 4);
            Storage two = floats(held, 2);
            refused(() -> device.neural().crossEntropyBackward(floats(held, 3), saved, one, 0));
            refused(() -> device.neural().crossEntropyBackward(two, saved, saved, 0));
        }
    }

    @Test
    void updatesReachNoFurtherThanTheirBuffers() {
        try (Held held = new Held()) {
            Storage eight = floats(held, 8);
            Storage scalars = floats(held, 6);
            List<Segment> fits = List.of(new Segment(0, 8, 1, 0, 0));
            List<Segment> outside = List.of(new Segment(2, 7, 1, 0, 0));
            List<Segment> negative = List.of(new Segment(-1, 2, 1, 0, 0));
            Buffers whole = new Buffers(eight, eight, fits, scalars);
            refused(() -> device.optimizer().sgd(new Buffers(eight, eight, outside, scalars), null, 0, false));
            refused(() -> device.optimizer().sgd(new Buffers(eight, eight, negative, scalars), null, 0, false));
            refused(() -> device.optimizer().sgd(new Buffers(eight, floats(held, 7), fits, scalars), null, 0, false));
            refused(() -> device.optimizer().sgd(new Buffers(eight, eight, fits, floats(held, 5)), null, 0, false));
            refused(() -> device.optimizer().sgd(whole, floats(held, 7), 0.9f, false));
            refused(() -> device.optimizer().adam(whole, eight, floats(held, 7), 0.9f, 0.99f, 1, false));
            refused(() -> device.optimizer().globalNorm(new Buffers(eight, eight, outside, scalars), 1));
            refused(() -> device.optimizer().lerp(eight, floats(held, 7), 0.5f));
        }
    }
}
