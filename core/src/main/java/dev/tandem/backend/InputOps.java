package dev.tandem.backend;

import dev.tandem.tensor.DType;

/** Turns images as they come from files into what networks take, on the device. */
public interface InputOps {
    /**
     * Crops, mirrors, normalises and converts: {@code (pixel − mean[c]) · scale[c]}.
     *
     * @param pixels UINT8 {@code [N, H, W, C]}
     * @param windows INT32 {@code [N, 3]}: top, left, mirror (0 or 1); pixels outside the image, on any side, are
     *     {@code 0} before normalisation
     * @param mean {@code C} values in pixel units; likewise {@code scale}
     * @param dtype one of the types declared for {@link OperationKind#IMAGES}
     * @return {@code [N, C, height, width]}
     */
    Storage images(Storage pixels, Storage windows, int height, int width, float[] mean, float[] scale, DType dtype);
}
