package dev.tandem.nn;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Rng;
import dev.tandem.tensor.Shape;
import dev.tandem.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** See {@link Initializers#orthogonal}. Computed on the host in double: it happens once, and few networks ask for it. */
final class Orthogonal implements Initializer {
    private final float gain;

    Orthogonal(float gain) {
        this.gain = gain;
    }

    @Override
    public Tensor create(Shape shape, Rng random) {
        float[] values = random.normal(shape.toArray()).toFloatArray();
        int rows = shape.rank() == 0 || shape.elements() == 0 ? 1 : Math.toIntExact(shape.size(0));
        int columns = values.length / rows;
        boolean tall = rows > columns;
        double[][] vectors = new double[tall ? columns : rows][tall ? rows : columns];
        for (int i = 0; i < values.length; i++) {
            vectors[tall ? i % columns : i / columns][tall ? i / columns : i % columns] = values[i];
        }
        orthonormalize(vectors);
        for (int i = 0; i < values.length; i++) {
            double value = vectors[tall ? i % columns : i / columns][tall ? i / columns : i % columns];
            values[i] = (float) (gain * value);
        }
        return Tensor.upload(random.device(), MemorySegment.ofArray(values), DType.FLOAT32, shape);
    }

    /**
     * Modified Gram-Schmidt: the Q of a QR decomposition whose R has a positive diagonal, which makes Q of a normal matrix
     * uniform over all rotations (Mezzadri 2006, https://arxiv.org/abs/math-ph/0609050).
     */
    static void orthonormalize(double[][] vectors) {
        for (int i = 0; i < vectors.length; i++) {
            for (int j = 0; j < i; j++) {
                double overlap = dot(vectors[i], vectors[j]);
                for (int k = 0; k < vectors[i].length; k++) {
                    vectors[i][k] -= overlap * vectors[j][k];
                }
            }
            double length = Math.sqrt(dot(vectors[i], vectors[i]));
            for (int k = 0; k < vectors[i].length; k++) {
                vectors[i][k] /= length;
            }
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int k = 0; k < a.length; k++) {
            sum += a[k] * b[k];
        }
        return sum;
    }
}
