package dev.tandem.conformance;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Random;

/** Seeded test data; float32 where nothing else is said. */
final class Draw {
    private final Random random;

    Draw(long seed) {
        random = new Random(seed);
    }

    Values normal(long... shape) {
        return fill(Shape.of(shape), random::nextGaussian);
    }

    Values uniform(double low, double high, long... shape) {
        return fill(Shape.of(shape), () -> low + (high - low) * random.nextDouble());
    }

    /** Weights of a layer with so many inputs: of a size that keeps its outputs near 1. */
    Values weights(long inputs, long... shape) {
        double scale = 1 / Math.sqrt(inputs);
        return fill(Shape.of(shape), () -> random.nextGaussian() * scale).plain();
    }

    /** Numbers from −2 to 2 of which no two are near, so that an extreme stays one under a small step. */
    Values distinct(long... sizes) {
        Shape shape = Shape.of(sizes);
        int count = (int) shape.elements();
        double[] numbers = new double[count];
        for (int i = 0; i < count; i++) {
            int other = random.nextInt(i + 1);
            numbers[i] = numbers[other];
            numbers[other] = (float) (4.0 * (i + 0.3) / count - 2);
        }
        return Values.of(shape, numbers);
    }

    /** Whole numbers from low to high, both included. */
    Values integers(DType dtype, int low, int high, long... sizes) {
        Shape shape = Shape.of(sizes);
        double[] numbers = new double[(int) shape.elements()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = low + random.nextInt(high - low + 1);
        }
        return new Values(dtype, shape, numbers, true);
    }

    private static Values fill(Shape shape, java.util.function.DoubleSupplier supplier) {
        double[] numbers = new double[(int) shape.elements()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) supplier.getAsDouble();
        }
        return Values.of(shape, numbers);
    }
}
