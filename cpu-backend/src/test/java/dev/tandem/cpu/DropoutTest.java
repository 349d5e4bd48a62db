package dev.tandem.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tandem.backend.NeuralOps.Result;
import dev.tandem.backend.Storage;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DropoutTest {
    private static final long SEED = -77;

    @ParameterizedTest
    @ValueSource(floats = {0, 0.1f, 0.5f, 0.75f, 1})
    void keepsExactlyWhereTheUniformNumberReachesTheProbability(float probability) {
        int count = 20_011;
        try (TestRuntime test = new TestRuntime(2)) {
            float[] values = TestRuntime.normal(5, count);
            values[3] = Float.NaN;
            CpuStorage x = test.floats(values);
            CpuStorage gradient = test.floats(TestRuntime.normal(6, count));
            CpuStorage state = test.longs(SEED, 1000);
            Dropout dropout = new Dropout(test.runtime);
            Result result = dropout.forward(x, probability, state);
            Storage back = dropout.backward(gradient, result.saved(), probability);
            assertThat(test.longArray(state)).containsExactly(SEED, 1000 + (count + 3) / 4);

            float[] expected = new float[count];
            float[] expectedBack = new float[count];
            float[] gradients = test.array(gradient);
            int kept = 0;
            for (int i = 0; i < count; i++) {
                if (RandomTest.bits(SEED, 1000, i) * 0x1p-24f >= probability) {
                    kept++;
                    expected[i] = values[i] * (1 / (1 - probability));
                    expectedBack[i] = gradients[i] * (1 / (1 - probability));
                }
            }
            TestRuntime.assertClose(test.array(result.output()), expected, 0);
            TestRuntime.assertClose(test.array(back), expectedBack, 0);
            // Four standard deviations of a binomial's share, at most.
            assertThat(kept / (double) count).isCloseTo(1 - probability, within(0.0145));
            test.release(result.output(), result.saved(), back);
        }
    }

    @Test
    void imagesWithChannelsLastGetThePlainOrdersMask() {
        Shape shape = Shape.of(2, 5, 3, 7);
        try (TestRuntime test = new TestRuntime(2)) {
            float[] values = TestRuntime.normal(5, (int) shape.elements());
            CpuStorage plain = test.floats(shape, values);
            CpuStorage images = test.runtime.channelsLast(plain);
            Dropout dropout = new Dropout(test.runtime);
            Result one = dropout.forward(plain, 0.4f, test.longs(SEED, 0));
            Result two = dropout.forward(images, 0.4f, test.longs(SEED, 0));
            TestRuntime.assertClose(test.array(two.output()), test.array(one.output()), 0);
            Storage back = dropout.backward(images, two.saved(), 0.4f);
            TestRuntime.assertClose(test.array(back), test.array(one.output()), 0);
            test.release(images, one.output(), one.saved(), two.output(), two.saved(), back);
        }
    }

    @Test
    void anEmptyBatchGivesAnEmptyResult() {
        try (TestRuntime test = new TestRuntime(2)) {
            Dropout dropout = new Dropout(test.runtime);
            Result result = dropout.forward(test.floats(Shape.of(0, 3)), 0.5f, test.longs(SEED, 0));
            Storage back = dropout.backward(result.output(), result.saved(), 0.5f);
            assertThat(back.shape()).isEqualTo(Shape.of(0, 3));
            test.release(result.output(), result.saved(), back);
        }
    }

    @Test
    void refusesHalfPrecision() {
        try (TestRuntime test = new TestRuntime(1)) {
            CpuStorage x = test.runtime.allocate(Shape.of(2), DType.BFLOAT16);
            assertThatThrownBy(() -> new CpuNeural(test.runtime).dropout(x, 0.5f, test.longs(SEED, 0)))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContainingAll("cpu", "dropout", "BFLOAT16");
            x.release();
        }
    }
}
