package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PoolingTest {
    private final CpuRuntime runtime = TestStorages.runtime();
    private final Pooling pooling = new Pooling(runtime);

    @AfterEach
    void close() {
        runtime.close();
    }

    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of(Shape.of(3, 6, 8, 8), Window.square(2, 2, 0)),
                Arguments.of(Shape.of(3, 6, 28, 28), Window.square(2, 2, 0)),
                Arguments.of(Shape.of(2, 2, 6, 16), Window.square(2, 2, 0)),
                Arguments.of(Shape.of(2, 3, 6, 12), Window.square(2, 2, 0)),
                Arguments.of(Shape.of(2, 5, 4, 70), Window.square(2, 2, 0)),
                Arguments.of(Shape.of(2, 64, 13, 13), Window.square(3, 2, 0)),
                Arguments.of(Shape.of(2, 19, 7, 9), Window.square(3, 2, 1)),
                Arguments.of(Shape.of(2, 33, 5, 5), Window.square(3, 1, 1)),
                Arguments.of(Shape.of(2, 33, 7, 9), Window.square(2, 2, 1)),
                Arguments.of(Shape.of(2, 18, 9, 8), Window.square(2, 2, 0)),
                Arguments.of(Shape.of(1, 1, 4, 4), Window.square(2, 1, 1)),
                Arguments.of(Shape.of(2, 5, 6, 6), Window.square(2, 3, 0)),
                Arguments.of(Shape.of(2, 16, 6, 5), Window.square(3, 2, 0).withPadding(0, 1, 1, 2)),
                Arguments.of(Shape.of(2, 7, 9, 9), Window.square(3, 2, 1).withDilation(2, 1)),
                Arguments.of(Shape.of(2, 8, 8, 9), new Window(2, 3, 3, 1, 0, 0, 1, 1, 1, 1)),
                Arguments.of(Shape.of(2, 40, 4, 7), new Window(4, 7, 1, 1, 0, 0, 0, 0, 1, 1)),
                Arguments.of(Shape.of(3, 40, 1, 1), Window.square(1, 1, 0)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithNestedLoops(Shape x, Window window) {
        for (PoolKind kind : PoolKind.values()) {
            for (Order order : Order.values()) {
                check(kind, x, window, order);
            }
        }
        assertThat(runtime.allocator().stats().liveBytes()).isZero();
    }

    private void check(PoolKind kind, Shape x, Window window, Order order) {
        Random random = new Random(11);
        Shape y = Shape.of(x.size(0), x.size(1), window.outputHeight(x.size(2)), window.outputWidth(x.size(3)));
        float[] xs = TestStorages.random(random, x);
        float[] gs = TestStorages.random(random, y);
        double[] expected = new double[gs.length];
        double[] expectedGradient = new double[xs.length];
        int planes = (int) (x.size(0) * x.size(1));
        int inputs = xs.length / planes;
        int outputs = gs.length / planes;
        for (int i = 0; i < gs.length; i++) {
            List<Integer> inside = inside(x, window, i % outputs / (int) y.size(3), i % outputs % (int) y.size(3));
            int plane = i / outputs * inputs;
            if (kind == PoolKind.AVERAGE || kind == PoolKind.AVERAGE_WITH_PADDING) {
                int count = kind == PoolKind.AVERAGE ? inside.size() : window.kernelHeight() * window.kernelWidth();
                for (int at : inside) {
                    expected[i] += (double) xs[plane + at] / count;
                    expectedGradient[plane + at] += (double) gs[i] / count;
                }
            } else {
                inside.sort(Comparator.comparing(at -> xs[plane + at]));
                int at = inside.get(kind == PoolKind.MEDIAN ? (inside.size() - 1) / 2 : inside.size() - 1);
                if (kind != PoolKind.RECTIFIED_MAX || xs[plane + at] > 0) {
                    expected[i] = xs[plane + at];
                    expectedGradient[plane + at] += gs[i];
                }
            }
        }
        Storage image = TestStorages.of(runtime, order, x, xs);
        Storage gradient = TestStorages.of(runtime, order, y, gs);
        Result result = pooling.forward(kind, image, window, true);
        Result inference = pooling.forward(kind, image, window, false);
        Storage imageGradient = pooling.backward(kind, gradient, result.saved(), x, window);
        String what = kind + " of " + x + ", " + window.describe();
        TestStorages.assertClose(what, TestStorages.values(runtime, result.output()), expected, 1e-6);
        TestStorages.assertClose(what, TestStorages.values(runtime, inference.output()), expected, 1e-6);
        TestStorages.assertClose(
                what + ", gradient", TestStorages.values(runtime, imageGradient), expectedGradient, 1e-6);
        assertThat(inference.saved()).isNull();
        Stream.of(image, gradient, result.output(), inference.output(), imageGradient)
                .forEach(Storage::release);
        if (result.saved() != null) {
            result.saved().release();
        }
    }

    /** The places in a plane that a window sees. */
    private static List<Integer> inside(Shape x, Window window, int row, int column) {
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < window.kernelHeight(); i++) {
            for (int j = 0; j < window.kernelWidth(); j++) {
                int h = row * window.strideHeight() - window.padTop() + i * window.dilationHeight();
                int w = column * window.strideWidth() - window.padLeft() + j * window.dilationWidth();
                if (h >= 0 && h < x.size(2) && w >= 0 && w < x.size(3)) {
                    places.add(h * (int) x.size(3) + w);
                }
            }
        }
        return places;
    }

    @Test
    void notANumberAndInfinityGoThroughMaximumAndMedian() {
        float nan = Float.NaN;
        float infinity = Float.NEGATIVE_INFINITY;
        float[] values = {1, nan, 3, 2, infinity, infinity, infinity, infinity, nan, nan, nan, nan};
        Storage x = TestStorages.of(runtime, Order.PLAIN, Shape.of(3, 1, 2, 2), values);
        for (PoolKind kind : new PoolKind[] {PoolKind.MAX, PoolKind.MEDIAN}) {
            Result result = pooling.forward(kind, x, Window.square(2, 2, 0), true);
            assertThat(TestStorages.values(runtime, result.output())).containsExactly(nan, infinity, nan);
        }
    }

    @Test
    void theFirstOfEqualMaximaGetsTheGradient() {
        Storage x = TestStorages.of(runtime, Order.PLAIN, Shape.of(1, 1, 2, 2), 1, 4, 4, 4);
        Storage gradient = TestStorages.of(runtime, Order.PLAIN, Shape.of(1, 1, 1, 1), 7);
        Result result = pooling.forward(PoolKind.MAX, x, Window.square(2, 2, 0), true);
        Storage back = pooling.backward(PoolKind.MAX, gradient, result.saved(), x.shape(), Window.square(2, 2, 0));
        assertThat(TestStorages.values(runtime, back)).containsExactly(0, 7, 0, 0);
    }

    /** Few channels in plain order go by planes: the same numbers come out, and the same elements are picked. */
    @Test
    void bothOrdersPickTheSame() {
        Random random = new Random(4);
        float[] few = {0, 1, -1, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f};
        for (Shape shape : new Shape[] {Shape.of(3, 6, 28, 28), Shape.of(2, 3, 10, 34), Shape.of(1, 2, 2, 64)}) {
            float[] values = new float[(int) shape.elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = few[random.nextInt(few.length)];
            }
            Shape outputs = Shape.of(shape.size(0), shape.size(1), shape.size(2) / 2, shape.size(3) / 2);
            float[] gradients = TestStorages.random(random, outputs);
            for (PoolKind kind : new PoolKind[] {PoolKind.MAX, PoolKind.RECTIFIED_MAX}) {
                float[][] results = new float[4][];
                for (Order order : Order.values()) {
                    Storage x = TestStorages.of(runtime, order, shape, values);
                    Storage gradient = TestStorages.of(runtime, order, outputs, gradients);
                    Result result = pooling.forward(kind, x, Window.square(2, 2, 0), true);
                    if (Kernels.areVectors()) {
                        assertThat(((CpuStorage) result.saved()).order()).isEqualTo(order);
                    }
                    Storage back = pooling.backward(kind, gradient, result.saved(), shape, Window.square(2, 2, 0));
                    results[order.ordinal()] = TestStorages.values(runtime, result.output());
                    results[2 + order.ordinal()] = TestStorages.values(runtime, back);
                }
                assertThat(results[0]).containsExactly(results[1]);
                assertThat(results[2]).containsExactly(results[3]);
            }
        }
    }

    @Test
    void imagesTooLargeForTheCacheDoNotGoByPlanes() {
        Storage x = runtime.allocate(Shape.of(1, 2, 512, 512), DType.FLOAT32);
        Result result = pooling.forward(PoolKind.MAX, x, Window.square(2, 2, 0), true);
        assertThat(((CpuStorage) result.saved()).order()).isEqualTo(Order.CHANNELS_LAST);
    }

    @Test
    void anEmptyBatchGivesEmptyImages() {
        Storage x = runtime.allocate(Shape.of(0, 3, 8, 8), DType.FLOAT32);
        for (PoolKind kind : PoolKind.values()) {
            Result result = pooling.forward(kind, x, Window.square(2, 2, 0), true);
            assertThat(result.output().shape()).isEqualTo(Shape.of(0, 3, 4, 4));
            assertThat(pooling.backward(kind, result.output(), result.saved(), x.shape(), Window.square(2, 2, 0))
                            .shape())
                    .isEqualTo(x.shape());
        }
    }

    @Test
    void scalarAndVectorLoopsAgree() {
        Random random = new Random(2);
        Shape shape = Shape.of(1, 37, 5, 5);
        CpuStorage x = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, TestStorages.random(random, shape));
        Window window = Window.square(3, 2, 1);
        Shape outputs = Shape.of(1, 37, 3, 3);
        float[][] results = new float[4][];
        for (int i = 0; i < 2; i++) {
            PoolKernels kernels = Kernels.of(PoolKernels.class, i == 0);
            CpuStorage y = runtime.allocateImages(outputs);
            CpuStorage picked = runtime.allocateImages(outputs);
            CpuStorage gathered = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, new float[25 * 37]);
            CpuStorage scattered = TestStorages.of(runtime, Order.CHANNELS_LAST, shape, new float[25 * 37]);
            PoolWindows windows = new PoolWindows(shape, window);
            for (int row = 0; row < 3; row++) {
                for (int column = 0; column < 3; column += windows.count) {
                    windows.moveTo(x.address, row, column);
                    long at = 4L * 37 * (row * 3 + column);
                    kernels.max(windows, false, y.address + at, picked.address + at);
                    windows.moveTo(scattered.address, row, column);
                    kernels.scatter(windows, y.address + at, picked.address + at);
                }
            }
            for (int number = 0; number < 9; number++) {
                kernels.addPicked(y.address, picked.address, 4, 37, number, gathered.address, 4L * 37 * 2);
            }
            results[i] = TestStorages.values(runtime, gathered);
            results[2 + i] = TestStorages.values(runtime, scattered);
        }
        assertThat(results[0]).containsExactly(results[1]);
        assertThat(results[2]).containsExactly(results[3]);
    }
}
