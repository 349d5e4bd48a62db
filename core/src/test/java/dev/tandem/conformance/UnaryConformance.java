package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Functions of one element, and their derivatives. */
class UnaryConformance extends Kit {
    private static final long[][] SHAPES = {
        {}, {0}, {1}, {7}, {1027}, {3, 24}, {2, 17, 3, 5}, {1, 64, 2, 2}, {0, 6, 2, 2}
    };

    @Override
    protected boolean referenceHasBackward() {
        return true;
    }

    /** A function with its parameters. */
    record Function(UnaryOp op, float a, float b) {
        /** Inputs where it is defined and not too steep. */
        Values inputs(long... shape) {
            Draw draw = new Draw(op.ordinal());
            return switch (op) {
                case LOG, SQRT -> draw.uniform(0.05, 8, shape);
                case POWER -> a == Math.rint(a) && a >= 0 ? draw.normal(shape) : draw.uniform(0.1, 4, shape);
                case RECIPROCAL -> draw.uniform(0.2, 4, shape);
                case HARD_SIGMOID, HARD_SWISH, GELU, GELU_TANH, SILU -> draw.uniform(-5, 5, shape);
                default -> draw.uniform(-3, 3, shape);
            };
        }
    }

    static List<Function> functions() {
        List<Function> all = new ArrayList<>();
        for (UnaryOp op : UnaryOp.values()) {
            switch (op) {
                case LINEAR -> {
                    all.add(new Function(op, -1.75f, 0.3f));
                    all.add(new Function(op, 0, 2));
                    all.add(new Function(op, 1, 0));
                }
                case POWER -> {
                    for (float exponent : new float[] {2.7f, 2, 3, 0.5f, -1.5f, 1, 0}) {
                        all.add(new Function(op, exponent, 0));
                    }
                }
                case CLAMP -> {
                    all.add(new Function(op, -1, 2));
                    all.add(new Function(op, 0, 6));
                }
                case LEAKY_RELU -> {
                    all.add(new Function(op, 0.01f, 0));
                    all.add(new Function(op, 0.5f, 0));
                }
                case ELU -> {
                    all.add(new Function(op, 1, 0));
                    all.add(new Function(op, 0.7f, 0));
                }
                default -> all.add(new Function(op, 0, 0));
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("functions")
    void forward(Function f) {
        for (long[] shape : SHAPES) {
            checkForward(
                    Tolerance.elementwise(DType.FLOAT32),
                    (on, in) -> on.math().unary(f.op, in[0], f.a, f.b),
                    f.inputs(shape));
        }
    }

    @ParameterizedTest
    @MethodSource("functions")
    void halvesAreComputedInFloat32(Function f) {
        for (DType dtype : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
            for (long[] shape : new long[][] {{1}, {515}, {2, 17, 3, 5}}) {
                checkForward(
                        Tolerance.elementwise(dtype),
                        (on, in) -> on.math().unary(f.op, in[0], f.a, f.b),
                        f.inputs(shape).as(dtype));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("functions")
    void backward(Function f) {
        if (f.op.derivativeNeeds() == UnaryOp.Needs.NO_DERIVATIVE) {
            return;
        }
        for (boolean overwrite : new boolean[] {false, true}) {
            for (long[] shape : new long[][] {{1}, {37}, {3, 24}, {2, 17, 3, 5}, {0, 3}}) {
                checkGradients(
                        Tolerance.elementwise(DType.FLOAT32).times(5),
                        (on, in) -> on.math().unary(f.op, in[0], f.a, f.b),
                        (on, in, gradient) -> new Storage[] {derivative(f, on, in[0], gradient, overwrite)},
                        f.inputs(shape));
            }
        }
    }

    private static Storage derivative(
            Function f, dev.tandem.tensor.Device on, Storage x, Storage gradient, boolean overwrite) {
        Storage own = overwrite ? on.memory().copy(gradient) : gradient.retain();
        UnaryOp.Needs needs = f.op.derivativeNeeds();
        Storage output = needs == UnaryOp.Needs.OUTPUT ? on.math().unary(f.op, x, f.a, f.b) : null;
        Storage input = needs == UnaryOp.Needs.INPUT ? x : null;
        Storage result = on.math().unaryBackward(f.op, own, input, output, f.a, f.b, overwrite);
        own.release();
        if (output != null) {
            output.release();
        }
        return result;
    }

    @ParameterizedTest
    @EnumSource(
            value = UnaryOp.class,
            names = {"NEGATE", "ABS", "SIGN", "SQUARE", "LINEAR", "CLAMP", "RELU"})
    void integersStayExact(UnaryOp op) {
        for (DType dtype : new DType[] {DType.INT32, DType.INT64, DType.UINT8}) {
            int low = dtype == DType.UINT8 ? 0 : -15;
            if (dtype == DType.UINT8 && op == UnaryOp.NEGATE) {
                continue;
            }
            float a = op == UnaryOp.CLAMP ? 3 : 2;
            float b = op == UnaryOp.CLAMP ? 9 : 5;
            checkForward(
                    Tolerance.EXACT,
                    (on, in) -> on.math().unary(op, in[0], a, b),
                    new Draw(3).integers(dtype, low, 15, 2, 17, 3));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = UnaryOp.class,
            names = {
                "NEGATE",
                "ABS",
                "EXP",
                "LOG",
                "SQRT",
                "SQUARE",
                "RECIPROCAL",
                "FLOOR",
                "CEIL",
                "ROUND",
                "CLAMP",
                "RELU",
                "LEAKY_RELU",
                "ELU",
                "SIGMOID",
                "TANH",
                "LINEAR"
            })
    void specialValuesPassThrough(UnaryOp op) {
        double inf = Double.POSITIVE_INFINITY;
        double[] special = {Double.NaN, inf, -inf, 0, -0.0, 1, -1, 1e30f, -1e30f, 100, -100};
        double[] seventeen = new double[17 * 2];
        for (int i = 0; i < seventeen.length; i++) {
            seventeen[i] = special[i % special.length];
        }
        Values x = Values.of(Shape.of(1, 17, 2, 1), seventeen);
        for (Values values : new Values[] {x, x.withoutMinusZero()}) {
            checkForward(
                    Tolerance.elementwise(DType.FLOAT32),
                    (on, in) ->
                            on.math().unary(op, in[0], op == UnaryOp.CLAMP ? -2 : 0.5f, op == UnaryOp.CLAMP ? 2 : 0),
                    values);
        }
    }

    @Test
    void roundingToWholeNumbersIsExact() {
        Values corners = Values.vector(
                0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 8388607.5, 4194303.5, 16777216, -7.9999995, 1e10f, -0.2);
        for (UnaryOp op : new UnaryOp[] {UnaryOp.FLOOR, UnaryOp.CEIL, UnaryOp.ROUND, UnaryOp.SIGN, UnaryOp.ABS}) {
            checkForward(Tolerance.EXACT, (on, in) -> on.math().unary(op, in[0], 0, 0), corners);
        }
    }

    @Test
    void theDerivativeOfReluAtZeroIsZero() {
        try (Held held = new Held()) {
            Storage y = put(held, Values.vector(0, -0.0, 1, 0));
            Storage gradient = put(held, Values.vector(5, 6, 7, 8));
            Storage x = held.add(device.math().unaryBackward(UnaryOp.RELU, gradient, null, y, 0, 0, false));
            assertThat(download(x)).containsExactly(0, 0, 7, 0);
        }
    }

    @Test
    void largeInputsDoNotOverflow() {
        Values x = Values.vector(-200, -90, -30, 30, 90, 200);
        for (UnaryOp op : new UnaryOp[] {
            UnaryOp.SIGMOID, UnaryOp.TANH, UnaryOp.GELU, UnaryOp.GELU_TANH, UnaryOp.SILU, UnaryOp.HARD_SWISH
        }) {
            checkForward(
                    Tolerance.elementwise(DType.FLOAT32), (on, in) -> on.math().unary(op, in[0], 0, 0), x);
        }
    }
}
