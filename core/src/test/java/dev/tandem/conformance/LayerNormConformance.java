package dev.tandem.conformance;

import dev.tandem.backend.NeuralOps.Normalized;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layer normalisation over the last axis. */
class LayerNormConformance extends Kit {
    static List<Shape> shapes() {
        return List.of(
                Shape.of(1, 1),
                Shape.of(5),
                Shape.of(3, 7),
                Shape.of(4, 64),
                Shape.of(2, 3, 17),
                Shape.of(2, 17, 3, 5),
                Shape.of(2, 24, 2, 100),
                Shape.of(301, 33),
                Shape.of(0, 8),
                Shape.of(2, 0, 8));
    }

    private static Values[] inputs(Shape shape) {
        Draw draw = new Draw(shape.hashCode());
        return new Values[] {
            draw.uniform(-1, 3, shape.toArray()),
            draw.uniform(0.5, 2, shape.size(-1)).plain(),
            draw.normal(shape.size(-1)).plain()
        };
    }

    private static final Operation LAYER_NORM = (on, in) -> output(on.neural().layerNorm(in[0], in[1], in[2], 1e-5f));

    @ParameterizedTest
    @MethodSource("shapes")
    void forward(Shape shape) {
        checkForward(Tolerance.sum(shape.size(-1)), LAYER_NORM, inputs(shape));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void backward(Shape shape) {
        long rows = shape.elements() / shape.size(-1);
        checkGradients(
                Tolerance.sum(Math.max(rows, shape.size(-1))).times(3),
                LAYER_NORM,
                (on, in, gradient) -> {
                    Normalized forward = on.neural().layerNorm(in[0], in[1], in[2], 1e-5f);
                    forward.output().release(); // the caller does not keep it
                    Normalized kept = new Normalized(null, forward.mean(), forward.variance(), forward.saved());
                    Storage scale = target(in[1].shape());
                    Storage shift = target(in[2].shape());
                    Storage x = on.neural().layerNormBackward(gradient, in[0], kept, in[1], 1e-5f, scale, shift);
                    output(kept);
                    return new Storage[] {x, scale, shift};
                },
                inputs(shape));
    }

    @Test
    void aFarMeanDoesNotDrownTheVariance() {
        Values[] inputs = inputs(Shape.of(3, 64));
        inputs[0] = new Draw(1).uniform(999, 1001, 3, 64);
        checkForward(new Tolerance(1e-3, false), LAYER_NORM, inputs);
    }
}
