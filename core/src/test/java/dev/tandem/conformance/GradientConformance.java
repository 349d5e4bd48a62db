package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tandem.backend.Activation;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.GradCheck;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradient of every tensor operation, by finite differences on the device itself. */
class GradientConformance extends TensorKit {
    /** @param inputs shapes; values are distinct, and positive where {@code positive} says so */
    private record Operator(String name, boolean positive, Function<Tensor[], Tensor> function, long[]... inputs) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static long[] s(long... sizes) {
        return sizes;
    }

    private static void add(List<Operator> all, String name, Function<Tensor[], Tensor> function, long[]... inputs) {
        all.add(new Operator(name, false, function, inputs));
    }

    private static void positive(List<Operator> all, String name, Function<Tensor[], Tensor> f, long[]... inputs) {
        all.add(new Operator(name, true, f, inputs));
    }

    static List<Operator> operators() {
        List<Operator> all = new ArrayList<>();
        arithmetic(all);
        products(all);
        reductions(all);
        arrangements(all);
        return all;
    }

    private static void arithmetic(List<Operator> all) {
        for (long[][] pair : new long[][][] {
            {s(2, 3), s(2, 3)}, {s(2, 3), s(3)}, {s(2, 1), s(1, 3)}, {s(), s(4)}, {s(2, 3, 2, 2), s(3, 1, 1)}
        }) {
            String shapes = " of " + Arrays.toString(pair[0]) + " and " + Arrays.toString(pair[1]);
            add(all, "add" + shapes, in -> in[0].add(in[1]), pair);
            add(all, "subtract" + shapes, in -> in[0].subtract(in[1]), pair);
            add(all, "multiply" + shapes, in -> in[0].multiply(in[1]), pair);
            positive(all, "divide" + shapes, in -> in[0].divide(in[1]), pair);
            positive(all, "power" + shapes, in -> in[0].power(in[1]), pair);
            add(all, "maximum" + shapes, in -> in[0].maximum(in[1].add(0.25)), pair);
            add(all, "minimum" + shapes, in -> in[0].minimum(in[1].add(0.25)), pair);
            add(all, "where" + shapes, in -> Tensor.where(in[0].greater(0.1), in[0], in[1].square()), pair);
        }
        add(all, "scalars", in -> in[0].add(2).multiply(3).subtract(1).divide(0.5), s(5));
        positive(all, "power 2.5", in -> in[0].power(2.5), s(5));
        add(all, "linear", in -> in[0].linear(-2, 3), s(2, 3));
        add(all, "abs", in -> in[0].abs(), s(6));
        add(all, "clamp", in -> in[0].clamp(-0.5, 0.7), s(6));
        positive(all, "logarithm and root", in -> in[0].log().add(in[0].sqrt()).add(in[0].reciprocal()), s(6));
        add(all, "sine and cosine", in -> in[0].sin().multiply(in[0].cos()), s(6));
        for (UnaryOp op : UnaryOp.values()) {
            if (op.derivativeNeeds() != UnaryOp.Needs.NO_DERIVATIVE) {
                float a = op == UnaryOp.CLAMP ? -1.1f : 0.6f;
                positive(all, op.name(), in -> in[0].unary(op, a, 1.3f), s(2, 3));
            }
        }
    }

    private static void products(List<Operator> all) {
        add(all, "matmul", in -> in[0].matmul(in[1]), s(3, 4), s(4, 2));
        add(all, "batched matmul", in -> in[0].matmul(in[1]), s(2, 3, 4), s(2, 4, 2));
        add(all, "matmul of a stack by a matrix", in -> in[0].matmul(in[1]), s(2, 3, 4), s(4, 2));
        add(all, "matmul of a matrix by a stack", in -> in[0].matmul(in[1]), s(3, 4), s(2, 4, 2));
        add(all, "matmul of broadcast stacks", in -> in[0].matmul(in[1]), s(2, 1, 2, 3), s(3, 3, 2));
        add(all, "linear layer", in -> in[0].linear(in[1], in[2], null), s(3, 4), s(5, 4), s(5));
        add(all, "linear layer of a stack", in -> in[0].linear(in[1], in[2], null), s(2, 3, 4), s(5, 4), s(5));
        add(
                all,
                "linear layer and tanh",
                in -> in[0].linear(in[1], in[2], new Activation(UnaryOp.TANH, 0, 0)),
                s(3, 4),
                s(5, 4),
                s(5));
        positive(
                all,
                "linear layer and ReLU",
                in -> in[0].linear(in[1], in[2], Activation.RELU),
                s(3, 4),
                s(5, 4),
                s(5));
        add(all, "a matrix by itself", in -> in[0].matmul(in[0]), s(3, 3));
        add(all, "a matrix by itself transposed", in -> in[0].linear(in[0], null, null), s(3, 4));
    }

    private static void reductions(List<Operator> all) {
        for (int[] axes : new int[][] {{}, {0}, {1}, {-1}, {0, 2}, {1, 2}, {0, 1, 2}}) {
            String over = " over " + Arrays.toString(axes);
            add(all, "sum" + over, in -> in[0].sum(axes).square(), s(2, 3, 4));
            add(all, "mean" + over, in -> in[0].mean(axes).square(), s(2, 3, 4));
            add(all, "max" + over, in -> in[0].max(axes).square(), s(2, 3, 4));
            add(all, "min" + over, in -> in[0].min(axes).square(), s(2, 3, 4));
            add(all, "variance" + over, in -> in[0].variance(axes), s(2, 3, 4));
            add(
                    all,
                    "keeping" + over,
                    in -> in[0].divide(in[0].square().reduceKeeping(ReduceOp.SUM, axes)),
                    s(2, 3, 4));
        }
    }

    private static void arrangements(List<Operator> all) {
        add(all, "reshape", in -> in[0].reshape(4, -1).square(), s(2, 3, 4));
        add(all, "flatten", in -> in[0].flatten(1).matmul(in[1]), s(2, 3, 2), s(6, 2));
        add(all, "unsqueeze", in -> in[0].unsqueeze(1).multiply(in[1]), s(2, 3), s(2, 2, 3));
        add(all, "permute", in -> in[0].permute(2, 0, 1).multiply(in[1]), s(2, 3, 4), s(4, 2, 3));
        add(all, "transpose", in -> in[0].transpose(0, -1).matmul(in[0]), s(3, 4));
        add(all, "slice", in -> in[0].slice(1, 1, -1, 2).square(), s(2, 7));
        add(all, "slice of images", in -> in[0].slice(1, 1, 3).square(), s(2, 4, 2, 2));
        add(all, "select", in -> in[0].select(1, -2).square(), s(2, 3, 2));
        add(all, "expand", in -> in[0].expand(shape(2, 3, 4)).multiply(in[1]), s(3, 1), s(2, 3, 4));
        add(all, "concat", in -> Tensor.concat(1, in[0], in[1], in[0]).square(), s(2, 3), s(2, 1));
        add(all, "concat of images", in -> Tensor.concat(1, in).square(), s(2, 3, 2, 2), s(2, 1, 2, 2));
        add(all, "stack", in -> Tensor.stack(1, in).square(), s(2, 3), s(2, 3));
        for (PadMode mode : PadMode.values()) {
            add(all, "pad, " + mode, in -> in[0].pad(s(0, 2), s(1, 1), mode, 3).square(), s(3, 4));
        }
        all.removeIf(operator -> operator.name.equals("pad, REFLECT"));
        add(
                all,
                "pad, REFLECT",
                in -> in[0].pad(s(0, 2), s(1, 1), PadMode.REFLECT, 0).square(),
                s(3, 4));
        add(all, "copy", in -> in[0].copy().square(), s(3));
    }

    @ParameterizedTest
    @MethodSource("operators")
    void gradient(Operator operator) {
        Tensor[] inputs = new Tensor[operator.inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            Values distinct = new Draw(i + 1).distinct(operator.inputs[i]);
            Tensor values = tensor(distinct);
            inputs[i] = operator.positive ? values.multiply(0.4).add(1.2) : values;
        }
        GradCheck.Options options = GradCheck.Options.DEFAULT;
        GradCheck.check(options.withTolerance(2e-3f), operator.function, inputs);
    }

    @Test
    void gradientThroughAnotherDevice() {
        Device here = device;
        GradCheck.check(in -> in[0].to(reference).square().add(1).to(here).multiply(in[0]), Tensor.of(0.3f, -1.2f, 2));
    }

    @Test
    void gradientThroughIntegersIsNone() {
        Tensor x = Tensor.of(1.5f, -2).requireGradient();
        Tensor whole = x.cast(DType.INT32);
        org.assertj.core.api.Assertions.assertThat(whole.requiresGradient()).isFalse();
        org.assertj.core.api.Assertions.assertThat(x.sign().requiresGradient()).isFalse();
    }

    @Test
    void gradientThroughHalvesIsRounded() {
        for (DType half : new DType[] {DType.BFLOAT16, DType.FLOAT16}) {
            Tensor x = Tensor.of(1, 2, 3).requireGradient();
            x.cast(half)
                    .cast(DType.FLOAT32)
                    .multiply(Tensor.of(0.1f, 1, 300))
                    .sum()
                    .backward();
            org.assertj.core.api.Assertions.assertThat(x.gradient().dtype()).isEqualTo(DType.FLOAT32);
            assertValues(x.gradient(), Rounding.round(0.1f, half), 1, 300);
        }
    }

    @Test
    void powerOfZeroHasFiniteGradients() {
        Tensor base = Tensor.of(0, 0, 2).requireGradient();
        Tensor exponent = Tensor.of(2, 0, 0).requireGradient();
        base.power(exponent).sum().backward();
        assertValues(base.gradient(), 0, 0, 0);
        assertValues(exponent.gradient(), 0, 0, Math.log(2));
    }

    @Test
    void tiesShareTheGradient() {
        Tensor a = Tensor.of(1, 2, 3).requireGradient();
        Tensor b = Tensor.of(1, 3, 2).requireGradient();
        a.maximum(b).sum().backward();
        assertValues(a.gradient(), 0.5, 0, 1);
        assertValues(b.gradient(), 0.5, 1, 0);
        Tensor x = Tensor.of(4, 4, 1).requireGradient();
        x.max().backward();
        assertValues(x.gradient(), 0.5, 0.5, 0);
    }

    @Test
    void gradCheckFindsAWrongGradient() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        assertThatThrownBy(() ->
                        GradCheck.check(in -> in[0].square().add(in[1].detach().multiply(in[1])), x, x))
                .isInstanceOf(AssertionError.class)
                .hasMessageContainingAll("input 1", "[2, 3]", "[0, 0]", "backward gives", "central differences");
    }

    @Test
    void gradCheckLeavesItsInputsAlone() {
        Tensor x = Tensor.of(1, 2).requireGradient();
        GradCheck.check(in -> in[0].exp(), x);
        org.assertj.core.api.Assertions.assertThat(x.gradient()).isNull();
        assertValues(x, 1, 2);
    }
}
