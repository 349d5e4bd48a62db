package dev.tandem.nn;

import dev.tandem.backend.PadMode;
import dev.tandem.nn.functional.Functions;
import dev.tandem.tensor.Tensor;
import java.util.Locale;

/** A border around images: {@code [N, C, H, W] → [N, C, top + H + bottom, left + W + right]}. */
public final class Pad2d extends Module {
    private final PadMode mode;
    private final int top;
    private final int bottom;
    private final int left;
    private final int right;

    /** @param mode what stands in the border; zeros for {@link PadMode#CONSTANT} */
    public Pad2d(PadMode mode, int top, int bottom, int left, int right) {
        this.mode = mode;
        this.top = top;
        this.bottom = bottom;
        this.left = left;
        this.right = right;
    }

    /** Zeros on all four sides. */
    public static Pad2d zeros(int size) {
        return new Pad2d(PadMode.CONSTANT, size, size, size, size);
    }

    /** The nearest pixel on all four sides. */
    public static Pad2d replicate(int size) {
        return new Pad2d(PadMode.REPLICATE, size, size, size, size);
    }

    /** The mirror image on all four sides; smaller than the image. */
    public static Pad2d reflect(int size) {
        return new Pad2d(PadMode.REFLECT, size, size, size, size);
    }

    @Override
    protected Tensor forward(Tensor input) {
        return Functions.pad2d(input, top, bottom, left, right, mode, 0);
    }

    @Override
    public String toString() {
        return "Pad2d(" + mode.name().toLowerCase(Locale.ROOT) + ", " + top + ", " + bottom + ", " + left + ", " + right
                + ")";
    }
}
