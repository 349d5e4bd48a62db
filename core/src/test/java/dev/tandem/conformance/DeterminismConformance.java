package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tandem.backend.DeviceOptions;
import dev.tandem.backend.ReduceOp;
import dev.tandem.backend.Storage;
import dev.tandem.backend.Window;
import dev.tandem.tensor.DType;
import dev.tandem.tensor.Device;
import dev.tandem.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A device opened as deterministic gives the same bits each time, where sums could be joined in any order. */
class DeterminismConformance extends Kit {
    @Test
    void resultsRepeatBitForBit() {
        if (isReference()) {
            return;
        }
        List<double[]> first = compute();
        for (int again = 0; again < 3; again++) {
            List<double[]> next = compute();
            for (int i = 0; i < first.size(); i++) {
                assertThat(Arrays.equals(first.get(i), next.get(i)))
                        .as("result %d of run %d", i, again)
                        .isTrue();
            }
        }
    }

    private List<double[]> compute() {
        DeviceOptions options = DeviceOptions.DEFAULT.withDeterministic(true);
        try (Device own = Device.open(deviceName(), options);
                Held held = new Held()) {
            Draw draw = new Draw(1);
            Window window = Window.square(3, 1, 1);
            Storage x = held.add(draw.normal(8, 17, 20, 20).upload(own));
            Storage gradient = held.add(draw.normal(8, 24, 20, 20).upload(own));
            Storage weight = held.add(draw.weights(17 * 9, 24, 17, 3, 3).upload(own));
            Storage weightGradient = held.add(own.memory().allocate(weight.shape(), DType.FLOAT32));
            Storage biasGradient = held.add(own.memory().allocate(Shape.of(24), DType.FLOAT32));
            own.neural().convolutionBackwardWeight(x, gradient, window, 1, weightGradient, biasGradient);
            List<Storage> results = new ArrayList<>(List.of(weightGradient, biasGradient));
            results.add(held.add(own.neural().convolution(x, weight, null, window, 1, null)));
            results.add(held.add(own.neural().convolutionBackwardInput(gradient, weight, x.shape(), window, 1)));
            results.add(held.add(own.math().reduce(ReduceOp.SUM, x, 0, 1, 2, 3)));
            results.add(held.add(own.math().reduce(ReduceOp.MEAN, x, 0, 2, 3)));
            Storage rows = held.add(own.memory().reshape(x, Shape.of(8 * 17, 400)));
            results.add(held.add(own.math().matmul(rows, rows, false, true, null, null, null)));
            return results.stream().map(result -> Values.download(own, result)).toList();
        }
    }
}
