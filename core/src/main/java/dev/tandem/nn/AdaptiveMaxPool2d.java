package dev.tandem.nn;

import dev.tandem.nn.functional.AdaptivePooling;
import dev.tandem.tensor.Tensor;

/** Maxima over the windows of {@link AdaptiveAvgPool2d}: {@code [N, C, H, W] → [N, C, height, width]}. */
public final class AdaptiveMaxPool2d extends Module {
    private final int height;
    private final int width;

    public AdaptiveMaxPool2d(int size) {
        this(size, size);
    }

    public AdaptiveMaxPool2d(int height, int width) {
        this.height = height;
        this.width = width;
    }

    @Override
    protected Tensor forward(Tensor input) {
        return AdaptivePooling.max(input, height, width);
    }

    @Override
    public String toString() {
        return "AdaptiveMaxPool2d(" + height + "×" + width + ")";
    }
}
