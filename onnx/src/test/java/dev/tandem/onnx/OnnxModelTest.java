package dev.tandem.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.MathOps;
import dev.tandem.backend.MemoryOps;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.nn.Conv2d;
import dev.tandem.nn.Module;
import dev.tandem.nn.functional.Functions;
import dev.tandem.nn.functional.Normalization;
import dev.tandem.nn.functional.Pooling;
import dev.tandem.tensor.Autograd;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation that can be written, as ONNX Runtime computes it; and those that cannot. */
class OnnxModelTest {
    @TempDir
    private Path folder;

    private Device device;

    @BeforeEach
    void open() {
        device = Device.open("cpu");
    }

    @AfterEach
    void close() {
        device.close();
    }

    /** A network that is one function. */
    private static final class Function extends Module {
        private final UnaryOperator<Tensor> function;

        Function(UnaryOperator<Tensor> function) {
            this.function = function;
        }

        @Override
        protected Tensor forward(Tensor input) {
            return function.apply(input);
        }
    }

    private static Tensor wrap(Tensor like, Storage storage) {
        return Tensor.wrap(like.device(), storage);
    }

    /** Runs both on three images of {@code [2, 5, 7]}, with another batch than any that was traced. */
    private void compare(Module network) throws Exception {
        network.initialize(device, 3);
        network.setTraining(false);
        Path file = folder.resolve("network.onnx");
        OnnxModel.of(network, Map.of(), 2, 5, 7).write(file);
        Random random = new Random(5);
        float[] pixels = new float[3 * 2 * 5 * 7];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian() + (i % 5 == 0 ? 0.5f : 0); // halves, too, for rounding
        }
        float[] expected;
        try (Scope scope = Scope.open();
                Autograd.NoGrad off = Autograd.noGrad()) {
            expected = network.apply(Tensor.of(pixels, 3, 2, 5, 7))
                    .cast(DType.FLOAT32)
                    .toFloatArray();
        }
        float[] actual = OnnxRuntime.run(file, pixels, 3, 2, 5, 7);
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            // A few roundings of float32; vectorised functions are within some units in the last place.
            assertThat(actual[i]).isCloseTo(expected[i], within(1e-5f * (1 + Math.abs(expected[i]))));
        }
    }

    private static Tensor unary(UnaryOp op, Tensor x) {
        boolean positive = op == UnaryOp.LOG || op == UnaryOp.SQRT || op == UnaryOp.POWER || op == UnaryOp.RECIPROCAL;
        Tensor argument = positive ? x.abs().add(0.5f) : x;
        return wrap(x, x.device().math().unary(op, argument.storage(), -0.5f, 0.75f));
    }

    @ParameterizedTest
    @EnumSource
    void unaryFunctions(UnaryOp op) throws Exception {
        compare(new Function(x -> unary(op, x)));
    }

    @ParameterizedTest
    @EnumSource
    void binaryFunctions(BinaryOp op) throws Exception {
        BiFunction<Tensor, Tensor, Tensor> binary =
                (a, b) -> wrap(a, a.device().math().binary(op, a.storage(), b.storage()));
        compare(new Function(x -> {
            Tensor a = op == BinaryOp.POWER ? x.abs().add(0.5f) : x;
            Tensor b = a.slice(1, 1, 2); // broadcast, and equal to half of the other
            return binary.apply(a, b).cast(DType.FLOAT32);
        }));
    }

    @ParameterizedTest
    @EnumSource
    void reductions(ReduceOp op) throws Exception {
        compare(new Function(x -> wrap(x, x.device().math().reduce(op, x.storage(), 1, 3))));
    }

    @ParameterizedTest
    @EnumSource
    void paddings(PadMode mode) throws Exception {
        long[] before = {0, 0, 1, 2};
        long[] after = {0, 0, 3, 0};
        compare(new Function(x -> wrap(x, x.device().memory().pad(x.storage(), before, after, mode, 0.25))));
    }

    static Stream<UnaryOperator<Tensor>> functions() {
        return Stream.of(
                x -> x, // no operation at all
                x -> wrap(x, x.device().math().argmax(x.storage(), 3)).cast(DType.FLOAT32),
                x -> Tensor.where(x.greater(Tensor.zeros(1)), x, Tensor.full(2.5, 2, 5, 7)),
                x -> Tensor.concat(1, x, x.multiply(2), Tensor.ones(x.size(0), 1, 5, 7)),
                x -> x.transpose(1, 3).slice(2, 1, 4),
                x -> wrap(
                        x,
                        x.device()
                                .memory()
                                .slice(
                                        x.storage(),
                                        new long[] {0, 0, 1, 0},
                                        new long[] {1, 1, 2, 3},
                                        Shape.of(x.size(0), 2, 2, 3))),
                x -> x.slice(3, 0, 1).expand(Shape.of(x.size(0), 2, 5, 4)).flatten(1),
                x -> Functions.softmax(x.reshape(x.size(0) * 2, 35), 1).reshape(x.size(0), 2, 35),
                x -> wrap(x, x.device().neural().softmax(x.storage(), 1, true)),
                x -> x.flatten(1).matmul(Tensor.eye(70)),
                x -> x.transpose(2, 3).matmul(x),
                x -> wrap(x, x.device().math().matmul(x.storage(), x.storage(), true, false, null, null, null)),
                x -> wrap(
                        x,
                        x.device()
                                .neural()
                                .attention(x.storage(), x.storage(), x.storage(), 0.3f, false)
                                .output()),
                x -> Normalization.localResponseNorm(x, 3, 0.5f, 0.75f, 2),
                x -> Pooling.pool(PoolKind.MAX, x, new Window(2, 3, 2, 1, 0, 1, 2, 1, 2, 1)),
                x -> Pooling.pool(PoolKind.AVERAGE, x, new Window(2, 3, 2, 1, 0, 1, 2, 1, 1, 1)),
                x -> Pooling.pool(PoolKind.AVERAGE_WITH_PADDING, x, new Window(2, 3, 2, 1, 0, 1, 2, 1, 1, 1)));
    }

    @ParameterizedTest
    @MethodSource("functions")
    void otherOperations(UnaryOperator<Tensor> function) throws Exception {
        compare(new Function(function));
    }

    @Test
    void aModuleOfOnesOwn() throws Exception {
        compare(new Module() {
            private final Conv2d first =
                    child("first", new Conv2d(2, 4, 3).stride(2).padding(1).groups(2));
            private final Conv2d second = child("second", new Conv2d(4, 3, 1));

            @Override
            protected Tensor forward(Tensor input) {
                return second.apply(first.apply(input).tanh());
            }
        });
    }

    // What is refused
    // --------------------------------------------------------------------------------------------------

    private void assertRefused(UnaryOperator<Tensor> function, String... message) {
        Module network = new Function(function);
        network.initialize(device, 0);
        assertThatThrownBy(() -> OnnxModel.of(network, Map.of(), 2, 5, 7))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageStartingWith("ONNX export: ")
                .hasMessageContainingAll(message);
    }

    @Test
    void operationsWithoutCounterpartAreRefusedByName() {
        assertRefused(x -> Pooling.pool(PoolKind.MEDIAN, x, Window.square(3, 1, 1)), "median pooling");
        assertRefused(x -> Normalization.localResponseNorm(x, 4, 1, 1, 1), "even number of channels (4)");
        assertRefused(x -> x.multiply(x.device().random().normal(5, 7)), "random");
        assertRefused(x -> x.multiply(x.sum().item()), "download");
    }

    @Test
    void aBatchThatIsNotTreatedImageByImageIsRefused() {
        assertRefused(x -> x.multiply(1f / x.size(0)), "number of images");
        assertRefused(x -> x.slice(0, 0, 1), "some images of the batch");
    }

    @Test
    void theNetworkIsLeftAsItWas() {
        Module network = new Conv2d(2, 4, 3);
        network.initialize(device, 0);
        Map<String, Tensor> before =
                Map.of("weight", network.parameters().get("weight").value());

        OnnxModel.of(network, Map.of(), 2, 5, 7);

        assertThat(network.isTraining()).isTrue();
        assertThat(network.isObserved()).isFalse();
        assertThat(network.parameters().get("weight").value()).isSameAs(before.get("weight"));
        assertThat(Device.current()).isSameAs(device);
    }

    @Test
    void aFileThatCannotBeWrittenIsNamed() {
        Module network = new Conv2d(2, 4, 3);
        network.initialize(device, 0);
        OnnxModel model = OnnxModel.of(network, Map.of(), 2, 5, 7);

        assertThatThrownBy(() -> model.write(folder.resolve("nowhere/network.onnx")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("nowhere");
    }

    /** Else a parameter more in the seam would make an operation one that cannot be written. */
    @Test
    void everyWriterHasAnOperationOfTheSeam() {
        Map<Class<?>, Class<?>> writers = Map.of(
                MemoryWriter.class,
                MemoryOps.class,
                MathWriter.class,
                MathOps.class,
                NeuralWriter.class,
                NeuralOps.class);
        writers.forEach((writer, operations) -> {
            List<String> seam = Stream.of(operations.getMethods())
                    .map(OnnxModelTest::signature)
                    .toList();
            Stream.of(writer.getDeclaredMethods())
                    .filter(method -> !java.lang.reflect.Modifier.isPrivate(method.getModifiers()))
                    .forEach(method -> assertThat(seam).contains(signature(method)));
        });
    }

    private static String signature(Method method) {
        return method.getName() + List.of(method.getParameterTypes());
    }
}
