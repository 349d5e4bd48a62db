package dev.tandem.conformance;

import dev.tandem.backend.NeuralOps;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.Shape;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Local response normalisation across channels, alpha divided by the size, even windows reaching further back. */
class LocalResponseNormConformance extends Kit {
    record Case(Shape shape, int size, float alpha, float beta, float k) {}

    static List<Case> cases() {
        return List.of(
                new Case(Shape.of(2, 17, 3, 5), 5, 1e-4f, 0.75f, 2),
                new Case(Shape.of(2, 17, 3, 5), 5, 2, 0.75f, 2),
                new Case(Shape.of(1, 64, 2, 2), 5, 1, 0.75f, 1),
                new Case(Shape.of(2, 24, 3, 3), 3, 0.5f, 0.5f, 1),
                new Case(Shape.of(1, 6, 4, 5), 1, 1, 1, 1),
                new Case(Shape.of(1, 6, 4, 5), 9, 1, 0.75f, 1), // wider than the channels
                new Case(Shape.of(2, 3, 2, 2), 4, 1, 0.75f, 1),
                new Case(Shape.of(2, 17, 2, 2), 2, 1, 0.6f, 0.5f),
                new Case(Shape.of(1, 16, 1, 1), 6, 3, 2, 1),
                new Case(Shape.of(2, 1, 3, 3), 5, 1, 0.75f, 2),
                new Case(Shape.of(0, 17, 3, 3), 5, 1, 0.75f, 2));
    }

    private static Operation operation(Case c, boolean training) {
        return (on, in) -> output(on.neural().localResponseNorm(in[0], c.size, c.alpha, c.beta, c.k, training));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward(Case c) {
        for (boolean training : new boolean[] {false, true}) {
            checkForward(Tolerance.sum(c.size), operation(c, training), new Draw(1).normal(c.shape.toArray()));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backward(Case c) {
        checkGradients(
                Tolerance.sum(c.size).times(3),
                operation(c, true),
                (on, in, gradient) -> {
                    NeuralOps.Result forward = on.neural().localResponseNorm(in[0], c.size, c.alpha, c.beta, c.k, true);
                    Storage x = on.neural()
                            .localResponseNormBackward(gradient, in[0], forward, c.size, c.alpha, c.beta, c.k);
                    release(output(forward));
                    return new Storage[] {x};
                },
                new Draw(2).normal(c.shape.toArray()));
    }
}
