package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.tensor.Scope;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** For tests of tensors on the device under test: each runs in a scope of its own. */
abstract class TensorKit extends Kit {
    private Scope scope;

    @BeforeEach
    final void openScope() {
        scope = Scope.open();
    }

    @AfterEach
    final void closeScope() {
        scope.close();
    }

    static Tensor tensor(Values values) {
        float[] floats = new float[values.numbers().length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values.numbers()[i];
        }
        return Tensor.of(floats, values.shape().toArray());
    }

    /** Compares to within float32 rounding of a few operations. */
    static void assertValues(Tensor tensor, Shape shape, double... expected) {
        assertThat(tensor.shape()).isEqualTo(shape);
        float[] actual = tensor.toFloatArray();
        assertThat(actual).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat((double) actual[i])
                    .as("element %d", i)
                    .isCloseTo(expected[i], within(1e-5 * Math.max(1, Math.abs(expected[i]))));
        }
    }

    static void assertValues(Tensor tensor, double... expected) {
        assertValues(tensor, tensor.shape(), expected);
    }

    static Shape shape(long... sizes) {
        return Shape.of(sizes);
    }
}
