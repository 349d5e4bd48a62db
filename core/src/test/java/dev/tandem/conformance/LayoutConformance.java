package dev.tandem.conformance;

import dev.tandem.backend.Activation;
import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Distribution;
import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Pairs of operations after a convolution, whose order may be padded to whole blocks of channels: what the first writes into
 * the padding (exp gives ones there, logarithm −∞) must not be seen by the second.
 */
class LayoutConformance extends Kit {
    private record Step(String name, Operation operation) {
        @Override
        public String toString() {
            return name;
        }
    }

    private record Chain(long channels, Step first, Step second) {
        @Override
        public String toString() {
            return channels + " channels, " + first + ", " + second;
        }
    }

    private static Step step(String name, Operation operation) {
        return new Step(name, operation);
    }

    private static Step unary(UnaryOp op, float a, float b) {
        return step(op.name(), (on, in) -> on.math().unary(op, in[0], a, b));
    }

    /** Operations that keep the shape. */
    private static List<Step> firsts() {
        return List.of(
                step("nothing", (on, in) -> in[0].retain()),
                unary(UnaryOp.EXP, 0, 0),
                unary(UnaryOp.LINEAR, 1, 3),
                unary(UnaryOp.RECIPROCAL, 0, 0),
                step("logarithm of square", (on, in) -> {
                    Storage square = on.math().unary(UnaryOp.SQUARE, in[0], 0, 0);
                    Storage result = on.math().unary(UnaryOp.LOG, square, 0, 0);
                    square.release();
                    return result;
                }),
                step("add a channel's bias", (on, in) -> on.math().binary(BinaryOp.ADD, in[0], in[1])),
                step("add to itself", (on, in) -> on.math().binary(BinaryOp.ADD, in[0], in[0])),
                step("axpby", (on, in) -> {
                    Storage target = on.memory().copy(in[0]);
                    on.math().axpby(2, in[0], 1, target);
                    return target;
                }),
                step("fill", (on, in) -> {
                    Storage target = on.memory().copy(in[0]);
                    on.memory().fill(target, 2);
                    return target;
                }),
                step(
                        "max pooling",
                        (on, in) -> output(on.neural().pool(PoolKind.MAX, in[0], Window.square(3, 1, 1), false))),
                step("batch norm", (on, in) -> on.neural()
                        .batchNormInference(in[0], null, in[2], in[2], in[2], in[2], 1e-5f, null)),
                step("softmax over channels", (on, in) -> on.neural().softmax(in[0], 1, false)),
                step(
                        "local response norm",
                        (on, in) -> output(on.neural().localResponseNorm(in[0], 5, 1, 0.75f, 0.1f, false))),
                step("dropout", (on, in) -> {
                    Storage state = Values.seed(1, 0).upload(on);
                    Storage result = output(on.neural().dropout(in[0], 0.5f, state));
                    state.release();
                    return result;
                }));
    }

    private static List<Step> seconds() {
        return List.of(
                step("download", (on, in) -> in[0].retain()),
                step("sum", (on, in) -> on.math().reduce(ReduceOp.SUM, in[0], 0, 1, 2, 3)),
                step("sum over channels", (on, in) -> on.math().reduce(ReduceOp.SUM, in[0], 1)),
                step("maximum over channels", (on, in) -> on.math().reduce(ReduceOp.MAX, in[0], 1)),
                step("argmax over channels", (on, in) -> on.math().argmax(in[0], 1)),
                step("softmax over channels", (on, in) -> on.neural().softmax(in[0], 1, true)),
                step(
                        "global average",
                        (on, in) -> output(on.neural()
                                .pool(PoolKind.AVERAGE, in[0], new Window(3, 5, 1, 1, 0, 0, 0, 0, 1, 1), false))),
                step("convolution", (on, in) -> convolve(on, in[0], 1)),
                step(
                        "depthwise convolution",
                        (on, in) -> convolve(on, in[0], (int) in[0].shape().size(1))),
                step("flatten and multiply", (on, in) -> {
                    Storage flat =
                            on.memory().reshape(in[0], Shape.of(2, in[0].shape().elements() / 2));
                    Storage result = on.math().matmul(flat, flat, false, true, null, Activation.RELU, null);
                    flat.release();
                    return result;
                }),
                step("add to plain", (on, in) -> {
                    Storage plain = new Draw(9).normal(in[0].shape().toArray()).upload(on);
                    Storage result = on.math().binary(BinaryOp.MULTIPLY, plain, in[0]);
                    plain.release();
                    return result;
                }),
                step("batch norm", (on, in) -> {
                    NeuralOps.Normalized result =
                            on.neural().batchNorm(in[0], in[0], in[2], in[2], null, null, 0, 0.1f, Activation.RELU);
                    return output(result);
                }),
                step("permute", (on, in) -> on.memory().permute(in[0], new int[] {0, 2, 3, 1})),
                step("slice of channels", (on, in) -> on.memory()
                        .slice(in[0], new long[] {0, 3, 0, 1}, new long[] {1, 1, 1, 2}, Shape.of(2, 2, 3, 2))),
                step("concat", (on, in) -> on.memory().concat(List.of(in[0], in[0]), 1)),
                step("pad", (on, in) -> on.memory()
                        .pad(in[0], new long[] {0, 0, 1, 1}, new long[] {0, 0, 1, 1}, PadMode.REFLECT, 0)));
    }

    private static Storage convolve(Device on, Storage x, int groups) {
        long channels = x.shape().size(1);
        Storage weight =
                new Draw(8).weights(channels, channels, channels / groups, 3, 3).upload(on);
        Storage result = on.neural().convolution(x, weight, null, Window.square(3, 1, 1), groups, null);
        weight.release();
        return result;
    }

    static List<Chain> chains() {
        List<Chain> all = new ArrayList<>();
        for (long channels : new long[] {6, 17, 24}) {
            for (Step first : firsts()) {
                for (Step second : seconds()) {
                    all.add(new Chain(channels, first, second));
                }
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("chains")
    void thePaddingOfBlocksStaysUnseen(Chain chain) {
        Draw draw = new Draw(1);
        // Some seconds square what reciprocals and logarithms made large.
        Tolerance tolerance = new Tolerance(1e-4, false);
        boolean index = chain.second.name.startsWith("argmax");
        checkForward(
                index ? Tolerance.EXACT : tolerance,
                (on, in) -> {
                    Storage middle = chain.first.operation.apply(on, in);
                    Storage[] next = {middle, in[1], in[2]};
                    Storage result = chain.second.operation.apply(on, next);
                    middle.release();
                    return result;
                },
                draw.distinct(2, chain.channels, 3, 5),
                draw.normal(1, chain.channels, 1, 1),
                draw.uniform(0.5, 2, chain.channels).plain());
    }

    @ParameterizedTest
    @MethodSource("channels")
    void randomNumbersFallOnRowMajorPositions(long channels) {
        checkForward(
                Tolerance.sum(1),
                (on, in) -> {
                    Storage state = Values.seed(3, 0).upload(on);
                    Storage noise = on.math().random(Distribution.UNIFORM, in[0].shape(), state);
                    Storage result = on.math().binary(BinaryOp.ADD, in[0], noise);
                    state.release();
                    noise.release();
                    return result;
                },
                new Draw(2).normal(2, channels, 3, 5));
    }

    static List<Long> channels() {
        return List.of(1L, 3L, 6L, 17L, 24L, 64L);
    }
}
