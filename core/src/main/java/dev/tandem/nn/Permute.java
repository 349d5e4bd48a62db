package dev.tandem.nn;

import dev.tandem.tensor.Tensor;
import java.util.Arrays;

/** The same elements with their axes in another order: {@code Permute(0, 2, 3, 1)} puts channels last. */
public final class Permute extends Module {
    private final int[] order;

    /** @param order for each axis of the output, which of the input it is */
    public Permute(int... order) {
        this.order = order.clone();
    }

    @Override
    protected Tensor forward(Tensor input) {
        return input.permute(order);
    }

    @Override
    public String toString() {
        return "Permute" + Arrays.toString(order).replace('[', '(').replace(']', ')');
    }
}
