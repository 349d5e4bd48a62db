package dev.tandem.conformance;

import static org.assertj.core.api.Assertions.fail;

import dev.tandem.tensor.DType;
import dev.tandem.tensor.Shape;
import java.util.Arrays;

/**
 * How near a result must be to the reference's.
 *
 * @param relative of what the error is measured against
 * @param toEach against each number (or 1, if that is more); else against the result's largest number
 */
record Tolerance(double relative, boolean toEach) {
    static final Tolerance EXACT = new Tolerance(0, true);

    /**
     * For functions of one element. Float32 keeps 24 bits (6e-8); vector libraries' polynomials of exp, tanh and erf are good
     * to some 1e-6. The halves round once to their 8 and 11 bits, after float32 rounding may have moved a tie.
     */
    static Tolerance elementwise(DType dtype) {
        return new Tolerance(
                switch (dtype) {
                    case BFLOAT16 -> 0x1p-8;
                    case FLOAT16 -> 0x1p-11;
                    case FLOAT32 -> 3e-6;
                    default -> 0;
                },
                true);
    }

    /** For sums of k products in float32: errors walk at random, so with √k; 1e-5 leaves room for Winograd's transforms. */
    static Tolerance sum(double k) {
        return new Tolerance(1e-5 * Math.sqrt(Math.max(1, k)), false);
    }

    Tolerance times(double factor) {
        return new Tolerance(relative * factor, toEach);
    }

    void check(String what, Shape shape, double[] expected, double[] actual) {
        double largest = Arrays.stream(expected)
                .filter(Double::isFinite)
                .map(Math::abs)
                .max()
                .orElse(0);
        int first = -1;
        int wrong = 0;
        for (int i = expected.length - 1; i >= 0; i--) {
            if (!isNear(expected[i], actual[i], largest)) {
                first = i;
                wrong++;
            }
        }
        if (wrong > 0) {
            fail(what + ": element " + Arrays.toString(Index.of(first, shape)) + " of " + shape + " is "
                    + actual[first] + ", the reference says " + expected[first] + " (" + this + ", the largest is "
                    + largest + "; " + wrong + " of " + expected.length + " are wrong)");
        }
    }

    private boolean isNear(double expected, double actual, double largest) {
        if (expected == actual || (Double.isNaN(expected) && Double.isNaN(actual))) {
            return true;
        }
        double scale = toEach ? Math.max(1, Math.abs(expected)) : largest;
        return Double.isFinite(expected) && Math.abs(expected - actual) <= relative * scale;
    }
}
