package dev.tandem.data.image;

/**
 * How pixels between pixels are found when an image is scaled. The filters are Pillow's and torchvision's of the same names: as wide
 * as the step where an image shrinks, so that shrinking averages.
 */
public enum Interpolation {
    /** A triangle over two pixels. */
    BILINEAR(1) {
        @Override
        double weight(double distance) {
            return Math.max(0, 1 - distance);
        }
    },
    /** Keys's cubic over four pixels, with −0.5 for its slope at distance 1 (Keys 1981, https://doi.org/10.1109/TASSP.1981.1163711). */
    BICUBIC(2) {
        @Override
        double weight(double distance) {
            if (distance < 1) {
                return (1.5 * distance - 2.5) * distance * distance + 1;
            }
            return distance < 2 ? ((-0.5 * distance + 2.5) * distance - 4) * distance + 2 : 0;
        }
    };

    private final double support;

    Interpolation(double support) {
        this.support = support;
    }

    /** How far from a pixel the filter reaches, in steps. */
    double support() {
        return support;
    }

    /** @param distance in steps, at least 0 */
    abstract double weight(double distance);
}
