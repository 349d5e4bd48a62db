package dev.tandem.nn;

import dev.tandem.nn.functional.Functions;
import dev.tandem.tensor.Tensor;

/**
 * In training zeroes each element with the given probability and scales the rest by {@code 1 / (1 − probability)}; in
 * evaluation passes everything on. Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html.
 */
public final class Dropout extends Module {
    private final float probability;

    /** Probability 1/2, as in AlexNet. */
    public Dropout() {
        this(0.5f);
    }

    /** @param probability of an element to be zeroed, in [0, 1) */
    public Dropout(float probability) {
        if (!(probability >= 0 && probability < 1)) {
            throw new IllegalArgumentException("Dropout: probability " + probability + " must be in [0, 1)");
        }
        this.probability = probability;
    }

    @Override
    protected Tensor forward(Tensor input) {
        return isTraining() ? Functions.dropout(input, probability) : input;
    }

    @Override
    public String toString() {
        return "Dropout(" + probability + ")";
    }
}
