package dev.tandem.conformance;

import dev.tandem.backend.NeuralOps.AttentionGradient;
import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Scaled-dot-product attention. */
class AttentionConformance extends Kit {
    /** Images, heads, queries, keys, depth of query and key, width of values. */
    record Case(long n, long heads, long t, long s, long d, long e, float scale) {
        Values[] inputs() {
            Draw draw = new Draw(3);
            return new Values[] {draw.normal(n, heads, t, d), draw.normal(n, heads, s, d), draw.normal(n, heads, s, e)};
        }
    }

    static List<Case> cases() {
        return List.of(
                new Case(1, 1, 1, 1, 1, 1, 1),
                new Case(2, 3, 5, 5, 8, 8, 0.35f),
                new Case(1, 17, 3, 4, 5, 6, 0.4f),
                new Case(2, 2, 7, 9, 16, 3, 0.25f),
                new Case(1, 4, 1, 33, 16, 16, 0.25f),
                new Case(1, 2, 17, 1, 3, 2, 0.5f),
                new Case(1, 3, 50, 50, 12, 12, 0.3f),
                new Case(0, 2, 5, 5, 4, 4, 0.5f));
    }

    private static Operation attention(float scale, boolean training) {
        return (on, in) -> output(on.neural().attention(in[0], in[1], in[2], scale, training));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward(Case c) {
        for (boolean training : new boolean[] {false, true}) {
            checkForward(Tolerance.sum(c.d + c.s), attention(c.scale, training), c.inputs());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backward(Case c) {
        checkGradients(
                Tolerance.sum(c.d + c.s + c.t).times(2),
                attention(c.scale, true),
                (on, in, gradient) -> {
                    Result forward = on.neural().attention(in[0], in[1], in[2], c.scale, true);
                    AttentionGradient result =
                            on.neural().attentionBackward(gradient, in[0], in[1], in[2], forward, c.scale);
                    release(output(forward));
                    return new Storage[] {result.query(), result.key(), result.value()};
                },
                c.inputs());
    }

    @Test
    void largeScoresDoNotOverflow() {
        Values query = Values.of(Shape.of(1, 1, 2, 1), 100, -100);
        Values key = Values.of(Shape.of(1, 1, 3, 1), 10, 9.99, -5);
        Values value = Values.of(Shape.of(1, 1, 3, 1), 1, 2, 3);
        checkForward(new Tolerance(1e-4, false), attention(1, true), query, key, value);
    }

    @Test
    void queryKeyAndValueMayBeOne() {
        checkForward(
                Tolerance.sum(16),
                (on, in) -> output(on.neural().attention(in[0], in[0], in[0], 0.3f, true)),
                new Draw(1).normal(2, 2, 5, 8));
    }
}
