package dev.tandem.data;

import dev.tandem.data.image.Interpolation;

/**
 * What a photo goes through before it is cut to a network's size: it is scaled until its shorter side has a length.
 *
 * @param shortSide in pixels, at least the network's size
 */
public record Resize(int shortSide, Interpolation interpolation) {
    private static final int LEAST_CUT = 128;

    /**
     * To {@code size / 0.875} (256 for 224), as networks for ImageNet are measured. Below 128 the size itself, since small images
     * are mostly filled by what they show.
     */
    public static Resize usual(int size) {
        return new Resize(size < LEAST_CUT ? size : (int) Math.round(size / 0.875), Interpolation.BILINEAR);
    }

    /** @throws IllegalArgumentException if what is left would be smaller than a network's images */
    public void check(int height, int width) {
        if (shortSide < Math.max(height, width)) {
            throw new IllegalArgumentException("photos scaled to " + shortSide + " pixels: a network for " + height
                    + "×" + width + " needs at least " + Math.max(height, width));
        }
    }
}
