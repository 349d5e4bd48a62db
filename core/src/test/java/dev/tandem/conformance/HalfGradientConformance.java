package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.Activation;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.PadMode;
import dev.tandem.backend.PoolKind;
import dev.tandem.backend.Window;
import dev.tandem.nn.Losses;
import dev.tandem.nn.functional.AdaptivePooling;
import dev.tandem.nn.functional.BatchNormalization;
import dev.tandem.nn.functional.Convolution;
import dev.tandem.nn.functional.Functions;
import dev.tandem.nn.functional.Normalization;
import dev.tandem.nn.functional.Pooling;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients of halves: of each operation that takes them, they are halves and those of float32 to within rounding, which
 * other tests of the kit judge.
 */
class HalfGradientConformance extends TensorKit {
    private static final Window WINDOW = Window.square(3, 1, 1);

    /** @param kind null where every backend takes halves */
    private record Case(String name, OperationKind kind, Function<Tensor[], Tensor> function, Shape... inputs) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> cases() {
        List<Case> all = new ArrayList<>();
        Shape matrix = Shape.of(4, 6);
        Shape row = Shape.of(6);
        Shape image = Shape.of(2, 3, 5, 6);
        all.add(new Case("relu, maximum", null, in -> in[0].relu().maximum(in[1]), matrix, matrix));
        all.add(new Case("relu, max", null, in -> in[0].relu().max(1), matrix));
        all.add(new Case("relu, min", null, in -> in[0].relu().min(0), matrix));
        all.add(new Case("minimum", null, in -> in[0].tanh().minimum(in[1]), matrix, row));
        all.add(new Case("sum, mean", null, in -> in[0].square().sum(0).mean(), matrix));
        all.add(new Case(
                "arithmetic", null, in -> in[0].multiply(in[1]).add(in[0]).subtract(in[1]), matrix, row));
        all.add(new Case("divide", null, in -> in[0].divide(in[1].square().add(1)), matrix, row));
        all.add(new Case("power", null, in -> in[0].square().add(1).power(in[1]), matrix, row));
        all.add(new Case("where", null, in -> Tensor.where(in[0].less(in[1]), in[0], in[1]), matrix, row));
        all.add(new Case("mixed types", null, in -> in[0].multiply(in[1].cast(DType.FLOAT32)), matrix, row));
        all.add(new Case("concat", null, in -> Tensor.concat(0, in[0].exp(), in[1]), matrix, matrix));
        all.add(new Case(
                "arrangement",
                null,
                in -> in[0].reshape(2, 12).transpose(0, 1).slice(0, 1, 9, 2).expand(Shape.of(3, 4, 2)),
                matrix));
        all.add(new Case(
                "pad", null, in -> in[0].pad(new long[] {1, 0}, new long[] {0, 2}, PadMode.REFLECT, 0), matrix));
        all.add(new Case("matmul", OperationKind.MATMUL, in -> in[0].matmul(in[1]), matrix, Shape.of(6, 5)));
        all.add(new Case(
                "batched matmul",
                OperationKind.MATMUL,
                in -> in[0].matmul(in[1]),
                Shape.of(2, 4, 6),
                Shape.of(2, 6, 5)));
        all.add(new Case(
                "linear",
                OperationKind.MATMUL,
                in -> in[0].linear(in[1], in[2], Activation.RELU),
                matrix,
                Shape.of(5, 6),
                Shape.of(5)));
        all.add(new Case(
                "convolution",
                OperationKind.CONVOLUTION,
                in -> Convolution.convolution(in[0], in[1], in[2], WINDOW, 1, Activation.RELU),
                image,
                Shape.of(4, 3, 3, 3),
                Shape.of(4)));
        for (PoolKind kind : PoolKind.values()) {
            all.add(new Case("pool " + kind, OperationKind.POOL, in -> Pooling.pool(kind, in[0], WINDOW), image));
        }
        all.add(new Case(
                "adaptive pooling of uneven windows", null, in -> AdaptivePooling.average(in[0], 2, 4), image));
        all.add(new Case(
                "batch norm",
                OperationKind.BATCH_NORM,
                in -> BatchNormalization.training(
                        in[0], in[1], statistics(1), statistics(0), null, null, 0.1f, 1e-3f, Activation.RELU),
                image,
                image));
        all.add(new Case(
                "batch norm on given statistics",
                OperationKind.BATCH_NORM,
                in -> BatchNormalization.inference(
                        in[0], in[1], statistics(1), statistics(0), statistics(0), statistics(1), 1e-3f, null),
                image,
                image));
        all.add(new Case(
                "layer norm",
                OperationKind.LAYER_NORM,
                in -> Normalization.layerNorm(in[0], Tensor.ones(6), Tensor.zeros(6), 1e-3f),
                matrix));
        all.add(new Case(
                "local response norm",
                OperationKind.LOCAL_RESPONSE_NORM,
                in -> Normalization.localResponseNorm(in[0], 3, 0.5f, 0.75f, 1),
                image));
        all.add(new Case("dropout", OperationKind.DROPOUT, in -> Functions.dropout(in[0], 0.4f), image));
        all.add(new Case("softmax", OperationKind.SOFTMAX, in -> Functions.softmax(in[0], 1), matrix));
        all.add(new Case("log softmax", OperationKind.SOFTMAX, in -> Functions.logSoftmax(in[0], 0), matrix));
        all.add(new Case(
                "cross-entropy",
                null,
                in -> Losses.crossEntropy(in[0], Tensor.ofLongs(new long[] {0, 5, 2, 2}, 4)),
                matrix));
        Shape heads = Shape.of(1, 2, 4, 3);
        all.add(new Case(
                "attention",
                OperationKind.ATTENTION,
                in -> Functions.attention(in[0], in[1], in[2], 0.5f),
                heads,
                heads,
                heads));
        return all;
    }

    private static Tensor statistics(float value) {
        return Tensor.full(value, 3);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void areHalvesAndThoseOfFloat32(Case c) {
        for (DType dtype : c.kind == null ? List.of(DType.BFLOAT16, DType.FLOAT16) : declaredHalves(c.kind)) {
            Tensor[] halves = inputs(c, dtype);
            Tensor[] floats = inputs(c, DType.FLOAT32);
            backward(c, halves);
            backward(c, floats);
            for (int i = 0; i < halves.length; i++) {
                String what = c + " of " + dtype + ", input " + i;
                assertThat(halves[i].gradient().dtype()).as(what).isEqualTo(dtype);
                compare(
                        what,
                        halves[i].gradient().toFloatArray(),
                        floats[i].gradient().toFloatArray());
            }
        }
    }

    /** Multiples of 1/8 below 2, which every type holds exactly, so that both go the same way at corners. */
    private static Tensor[] inputs(Case c, DType dtype) {
        Tensor[] tensors = new Tensor[c.inputs.length];
        Draw draw = new Draw(7);
        for (int i = 0; i < tensors.length; i++) {
            double[] numbers = draw.uniform(-2, 2, c.inputs[i].toArray()).numbers();
            float[] eighths = new float[numbers.length];
            for (int k = 0; k < eighths.length; k++) {
                eighths[k] = (float) Math.rint(8 * numbers[k]) / 8;
            }
            tensors[i] = Tensor.of(eighths, c.inputs[i].toArray()).cast(dtype).requireGradient();
        }
        return tensors;
    }

    private void backward(Case c, Tensor[] inputs) {
        device.seed(3);
        Tensor y = c.function.apply(inputs);
        float[] weights = new float[Math.toIntExact(y.elements())];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = 0.25f * (i % 5) - 0.5f;
        }
        y.backward(Tensor.of(weights, y.shape().toArray()), false);
    }

    /** Each step of a function rounds to 8 bits; errors are measured by the largest gradient. */
    private static void compare(String what, float[] halves, float[] floats) {
        double largest = 0.125;
        for (float value : floats) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < floats.length; i++) {
            assertThat((double) halves[i]).as("%s, element %d", what, i).isCloseTo(floats[i], within(0x1p-5 * largest));
        }
    }

    @ParameterizedTest
    @EnumSource
    void typesThatAreNotDeclaredAreRefusedByName(DType dtype) {
        Tensor x = Tensor.zeros(2, 3, 4, 4).cast(dtype);
        Tensor weight = Tensor.zeros(2, 3, 3, 3).cast(dtype);
        if (device.types(OperationKind.CONVOLUTION).contains(dtype)) {
            assertThat(Convolution.convolution(x, weight, null, WINDOW, 1, null).dtype())
                    .isEqualTo(dtype);
        } else {
            assertThatThrownBy(() -> Convolution.convolution(x, weight, null, WINDOW, 1, null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("convolution")
                    .hasMessageContaining(dtype.name());
        }
    }
}
