package dev.tandem.nn;

import dev.tandem.nn.functional.AdaptivePooling;
import dev.tandem.tensor.Tensor;

/**
 * Means over as many windows as the output has pixels, whatever the input's size: {@code [N, C, H, W] → [N, C, height,
 * width]}. Output i of m along an axis of n covers {@code floor(i·n/m)} to {@code ceil((i+1)·n/m)}, as in PyTorch.
 */
public final class AdaptiveAvgPool2d extends Module {
    private final int height;
    private final int width;
    private Tensor rows; // averaging matrices of the last input size that needed them
    private Tensor columns;

    public AdaptiveAvgPool2d(int size) {
        this(size, size);
    }

    public AdaptiveAvgPool2d(int height, int width) {
        this.height = height;
        this.width = width;
    }

    public int height() {
        return height;
    }

    public int width() {
        return width;
    }

    @Override
    protected Tensor forward(Tensor input) {
        if (input.rank() != 4 || input.elements() == 0 || AdaptivePooling.isEven(input, height, width)) {
            return AdaptivePooling.average(input, height, width);
        }
        rows = matrix(rows, input, 2, height);
        columns = matrix(columns, input, 3, width);
        return AdaptivePooling.average(input, rows, columns);
    }

    /** Kept, so that training uploads nothing from step to step. */
    private static Tensor matrix(Tensor earlier, Tensor input, int axis, int outputs) {
        if (earlier != null && !earlier.isReleased()) {
            if (earlier.device() == input.device() && earlier.size(1) == input.size(axis)) {
                return earlier;
            }
            earlier.release();
        }
        return AdaptivePooling.averagingMatrix(input.device(), input.size(axis), outputs)
                .persist();
    }

    @Override
    public String toString() {
        return "AdaptiveAvgPool2d(" + height + "×" + width + ")";
    }
}
