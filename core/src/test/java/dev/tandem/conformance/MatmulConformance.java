package dev.tandem.conformance;

import dev.tandem.backend.Activation;
import dev.tandem.backend.OperationKind;
import dev.tandem.backend.Storage;
import dev.tandem.backend.UnaryOp;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Matrix products, batched, transposed, with bias and activation. */
class MatmulConformance extends Kit {
    /** Leading axes of both, then m, k, n. */
    record Case(List<Long> batchA, List<Long> batchB, long m, long k, long n) {
        Shape a(boolean transposed) {
            return shape(batchA, transposed ? k : m, transposed ? m : k);
        }

        Shape b(boolean transposed) {
            return shape(batchB, transposed ? n : k, transposed ? k : n);
        }

        private static Shape shape(List<Long> batch, long rows, long columns) {
            long[] sizes = new long[batch.size() + 2];
            for (int i = 0; i < batch.size(); i++) {
                sizes[i] = batch.get(i);
            }
            sizes[batch.size()] = rows;
            sizes[batch.size() + 1] = columns;
            return Shape.of(sizes);
        }
    }

    static List<Case> cases() {
        List<Long> none = List.of();
        return List.of(
                new Case(none, none, 1, 1, 1),
                new Case(none, none, 5, 7, 3),
                new Case(none, none, 1, 64, 10),
                new Case(none, none, 17, 1, 24),
                new Case(none, none, 33, 120, 1),
                new Case(none, none, 64, 48, 32),
                new Case(none, none, 65, 129, 33),
                new Case(none, none, 0, 5, 3),
                new Case(none, none, 3, 5, 0),
                new Case(none, none, 3, 0, 4),
                new Case(List.of(3L), List.of(3L), 4, 5, 6),
                new Case(List.of(3L), none, 4, 5, 6),
                new Case(none, List.of(3L), 4, 5, 6),
                new Case(List.of(2L, 3L), List.of(2L, 3L), 7, 16, 9),
                new Case(List.of(2L, 1L), List.of(1L, 3L), 4, 5, 2),
                new Case(List.of(3L), List.of(2L, 3L), 4, 5, 2),
                new Case(List.of(2L, 1L), List.of(3L), 1, 5, 1),
                new Case(List.of(1L), List.of(4L), 3, 2, 5),
                new Case(List.of(0L), List.of(0L), 3, 2, 5),
                new Case(List.of(0L, 2L), none, 3, 2, 5),
                new Case(List.of(2L, 17L), List.of(2L, 17L), 3, 5, 3));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyTranspositionWithAndWithoutBias(Case c) {
        Draw draw = new Draw(1);
        for (int bits = 0; bits < 8; bits++) {
            boolean transposeA = (bits & 1) != 0;
            boolean transposeB = (bits & 2) != 0;
            boolean hasBias = (bits & 4) != 0;
            Values a = draw.normal(c.a(transposeA).toArray());
            Values b = draw.normal(c.b(transposeB).toArray());
            Values bias = draw.normal(c.n).plain();
            for (Activation activation : new Activation[] {null, Activation.RELU}) {
                checkForward(
                        Tolerance.sum(c.k),
                        (on, in) -> on.math()
                                .matmul(in[0], in[1], transposeA, transposeB, hasBias ? in[2] : null, activation, null),
                        a,
                        b,
                        bias);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = UnaryOp.class,
            names = {"RELU", "SIGMOID", "TANH", "EXP"})
    void fusedActivationsAreTheUnfusedOnes(UnaryOp op) {
        Draw draw = new Draw(2);
        checkForward(
                Tolerance.sum(24),
                (on, in) -> on.math().matmul(in[0], in[1], false, true, in[2], new Activation(op, 0, 0), null),
                draw.normal(9, 24),
                draw.weights(24, 17, 24),
                draw.normal(17).plain());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void writesIntoATargetOverGarbage(Case c) {
        Draw draw = new Draw(3);
        Values a = draw.normal(c.a(true).toArray());
        Values b = draw.normal(c.b(false).toArray());
        double[] expected;
        Shape shape;
        try (Held held = new Held()) {
            Storage product = held.add(reference
                    .math()
                    .matmul(
                            held.add(a.upload(reference)),
                            held.add(b.upload(reference)),
                            true,
                            false,
                            null,
                            null,
                            null));
            shape = product.shape();
            expected = ((ReferenceStorage) product).toDoubles();
        }
        for (Arrival[] arrivals : Arrival.combinations(a, b)) {
            try (Held held = new Held()) {
                Storage base = held.add(device.memory().allocate(Shape.of(shape.elements() + 40), DType.FLOAT32));
                device.memory().fill(base, Double.NaN);
                Storage into = held.add(device.memory().view(base, 16, shape));
                Storage result = held.add(device.math()
                        .matmul(
                                held.add(arrivals[0].put(device, a)),
                                held.add(arrivals[1].put(device, b)),
                                true,
                                false,
                                null,
                                null,
                                into));
                Tolerance.sum(c.k).check("into", shape, expected, download(into));
                Tolerance.sum(c.k).check("returned", shape, expected, download(result));
                double[] around = download(base);
                for (int i = 0; i < 16; i++) {
                    org.assertj.core.api.Assertions.assertThat(around[i]).isNaN();
                    org.assertj.core.api.Assertions.assertThat(around[around.length - 1 - i])
                            .isNaN();
                }
            }
        }
    }

    @Test
    void whatIsReturnedForATargetIsItself() {
        try (Held held = new Held()) {
            Storage a = put(held, new Draw(4).normal(2, 3));
            Storage into = held.add(device.memory().allocate(Shape.of(2, 2), DType.FLOAT32));
            Storage result = held.add(device.math().matmul(a, a, false, true, null, null, into));
            org.assertj.core.api.Assertions.assertThat(result).isSameAs(into);
        }
    }

    @Test
    void aMatrixTimesItself() {
        checkForward(
                Tolerance.sum(9),
                (on, in) -> on.math().matmul(in[0], in[0], false, true, null, null, null),
                new Draw(5).normal(17, 9));
    }

    @Test
    void halvesAsDeclared() {
        for (DType dtype : declaredHalves(OperationKind.MATMUL)) {
            Draw draw = new Draw(6);
            Values a = draw.normal(2, 7, 24).as(dtype);
            Values b = draw.normal(24, 17).as(dtype);
            Tolerance tolerance = new Tolerance(dtype == DType.BFLOAT16 ? 0x1p-8 : 0x1p-11, false);
            checkForward(tolerance, (on, in) -> on.math().matmul(in[0], in[1], false, false, null, null, null), a, b);
        }
    }

    @Test
    void NaNAndInfinityShow() {
        double inf = Double.POSITIVE_INFINITY;
        Values a = Values.of(Shape.of(3, 2), Double.NaN, 1, inf, 1, 1, 2);
        Values b = Values.of(Shape.of(2, 2), 1, 0, 1, 1);
        checkForward(Tolerance.EXACT, (on, in) -> on.math().matmul(in[0], in[1], false, false, null, null, null), a, b);
    }

    @Test
    void aFusedReluKeepsNaN() {
        Values a = Values.of(Shape.of(2, 2), Double.NaN, 1, -5, 1);
        Values b = Values.of(Shape.of(2, 2), 1, 0, 1, 1);
        checkForward(
                Tolerance.EXACT,
                (on, in) -> on.math().matmul(in[0], in[1], false, false, null, Activation.RELU, null),
                a,
                b);
    }
}
