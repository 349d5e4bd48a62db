package dev.tandem.conformance;

import dev.tandem.backend.BinaryOp;
import dev.tandem.backend.Distribution;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sizes that backends share out among threads or thread blocks, none of them round. */
class LargeConformance extends Kit {
    private record Case(String name, Tolerance tolerance, Operation operation, Values[] inputs) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final Tolerance NEAR = Tolerance.elementwise(DType.FLOAT32);
    private static final Tolerance SUM = new Tolerance(1e-4, false);

    static List<Case> cases() {
        List<Case> all = new ArrayList<>();
        Draw draw = new Draw(1);
        Values line = draw.normal(300_007);
        Values other = draw.normal(300_007);
        Values image = draw.normal(3, 17, 61, 67);
        Values perChannel = draw.normal(17, 1, 1);
        Values channels = draw.uniform(0.5, 2, 17).plain();
        Values rows = draw.normal(2003, 101);
        Values columns = draw.uniform(0.5, 2, 101).plain();
        arithmetic(all, line, other, image, perChannel, rows);
        add(all, "cast", Tolerance.EXACT, (on, in) -> on.memory().cast(in[0], DType.BFLOAT16), image);
        add(all, "copy", Tolerance.EXACT, (on, in) -> on.memory().copy(in[0]), image);
        add(all, "permute", Tolerance.EXACT, (on, in) -> on.memory().permute(in[0], new int[] {0, 2, 3, 1}), image);
        add(all, "transpose", Tolerance.EXACT, (on, in) -> on.memory().permute(in[0], new int[] {1, 0}), rows);
        add(
                all,
                "slice",
                Tolerance.EXACT,
                (on, in) -> on.memory()
                        .slice(in[0], new long[] {0, 1, 2, 3}, new long[] {1, 2, 1, 1}, Shape.of(3, 8, 55, 60)),
                image);
        add(all, "concat", Tolerance.EXACT, (on, in) -> on.memory().concat(List.of(in), 1), image, image);
        add(all, "uniform", Tolerance.EXACT, (on, in) -> random(on, in, Distribution.UNIFORM), Values.seed(5, 6));
        add(all, "normal", NEAR.times(3), (on, in) -> random(on, in, Distribution.NORMAL), Values.seed(5, 6));
        add(
                all,
                "dropout",
                NEAR,
                (on, in) -> {
                    Storage state = on.memory().copy(in[1]);
                    Storage result = output(on.neural().dropout(in[0], 0.3f, state));
                    state.release();
                    return result;
                },
                image,
                Values.seed(5, 6));
        neural(all, image, channels, rows, columns, draw);
        return all;
    }

    private static void arithmetic(
            List<Case> all, Values line, Values other, Values image, Values perChannel, Values rows) {
        add(all, "tanh", NEAR, (on, in) -> on.math().unary(UnaryOp.TANH, in[0], 0, 0), line);
        add(all, "relu of images", NEAR, (on, in) -> on.math().unary(UnaryOp.RELU, in[0], 0, 0), image);
        add(all, "multiply", NEAR, (on, in) -> on.math().binary(BinaryOp.MULTIPLY, in[0], in[1]), line, other);
        add(all, "less", Tolerance.EXACT, (on, in) -> on.math().binary(BinaryOp.LESS, in[0], in[1]), line, other);
        add(all, "bias", NEAR, (on, in) -> on.math().binary(BinaryOp.ADD, in[0], in[1]), image, perChannel);
        add(
                all,
                "axpby",
                NEAR,
                (on, in) -> {
                    Storage target = on.memory().copy(in[1]);
                    on.math().axpby(0.5f, in[0], -2, target);
                    return target;
                },
                line,
                other);
        add(all, "sum of all", SUM, (on, in) -> on.math().reduce(ReduceOp.SUM, in[0], 0), line);
        add(all, "sum of images", SUM, (on, in) -> on.math().reduce(ReduceOp.SUM, in[0], 0, 2, 3), image);
        add(all, "mean of rows", SUM, (on, in) -> on.math().reduce(ReduceOp.MEAN, in[0], 1), rows);
        add(all, "sum of columns", SUM, (on, in) -> on.math().reduce(ReduceOp.SUM, in[0], 0), rows);
        add(all, "maximum", Tolerance.EXACT, (on, in) -> on.math().reduce(ReduceOp.MAX, in[0], 0), line);
        add(all, "argmax", Tolerance.EXACT, (on, in) -> on.math().argmax(in[0], 1), rows);
        add(
                all,
                "matmul",
                Tolerance.sum(2003),
                (on, in) -> on.math().matmul(in[0], in[0], true, false, null, null, null),
                rows);
    }

    private static void neural(List<Case> all, Values image, Values channels, Values rows, Values columns, Draw draw) {
        Window window = Window.square(3, 2, 1);
        add(
                all,
                "convolution",
                Tolerance.sum(17 * 9),
                (on, in) -> on.neural().convolution(in[0], in[1], null, window, 1, null),
                image,
                draw.weights(17 * 9, 24, 17, 3, 3));
        for (PoolKind kind : PoolKind.values()) {
            add(all, "pool " + kind, NEAR, (on, in) -> output(on.neural().pool(kind, in[0], window, true)), image);
        }
        add(
                all,
                "batch norm",
                SUM,
                (on, in) -> output(on.neural().batchNorm(in[0], null, in[1], in[1], null, null, 0.1f, 1e-5f, null)),
                image,
                channels);
        add(
                all,
                "layer norm",
                SUM,
                (on, in) -> output(on.neural().layerNorm(in[0], in[1], in[1], 1e-5f)),
                rows,
                columns);
        add(
                all,
                "local response norm",
                SUM,
                (on, in) -> output(on.neural().localResponseNorm(in[0], 5, 1, 0.75f, 1, true)),
                image);
        add(all, "softmax", SUM, (on, in) -> on.neural().softmax(in[0], 1, false), rows);
        add(
                all,
                "cross-entropy",
                SUM,
                (on, in) -> output(on.neural().crossEntropy(in[0], in[1], 0.1f)),
                rows,
                draw.integers(DType.INT64, 0, 100, 2003));
        add(
                all,
                "attention",
                SUM,
                (on, in) -> output(on.neural().attention(in[0], in[0], in[0], 0.2f, true)),
                draw.normal(3, 5, 65, 17));
    }

    private static Storage random(dev.tandem.tensor.Device on, Storage[] in, Distribution distribution) {
        Storage state = on.memory().copy(in[0]);
        Storage result = on.math().random(distribution, Shape.of(300_007), state);
        state.release();
        return result;
    }

    private static void add(List<Case> all, String name, Tolerance tolerance, Operation operation, Values... inputs) {
        all.add(new Case(name, tolerance, operation, inputs));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward(Case c) {
        checkForward(c.tolerance, c.operation, c.inputs);
    }
}
