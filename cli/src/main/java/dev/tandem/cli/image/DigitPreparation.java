package dev.tandem.cli.image;

import dev.tandem.data.image.Picture;
import dev.tandem.data.image.Plane;

/**
 * Makes a photographed digit look like MNIST's: bright ink on black, 20 of 28 pixels high or wide, centred by mass.
 *
 * <p>MNIST's own steps (LeCun et al. 1998, section III.A) begin with black and white scans; a photo first needs the paper's
 * uneven brightness taken away and the ink found.
 */
public final class DigitPreparation {
    /**
     * @param remark what was done, for people; starts lower case, without a full stop
     * @param found whether there was ink; else the image is only scaled
     */
    public record Result(Plane image, String remark, boolean found) {}

    private static final int WORKING_SIDE = 320;
    private static final double BOX_SHARE = 20.0 / 28;
    private static final float LEAST_CONTRAST = 0.08f;
    /** In pixels of the result; MNIST's strokes are 2 to 3 wide. */
    private static final double LEAST_STROKE = 2;

    private DigitPreparation() {}

    /** @param size height and width of the result */
    public static Result prepare(Plane photo, int size) {
        if (isPrepared(photo, size)) {
            return new Result(photo, "it is like MNIST's digits already", true);
        }
        Plane reduced = reduced(photo);
        boolean dark = InkFinder.isDarkOnLight(reduced);
        Plane contrast = InkFinder.contrast(dark ? reduced : reduced.inverted());
        float threshold = contrast.threshold();
        if (InkFinder.distance(contrast, threshold) < LEAST_CONTRAST) {
            Plane scaled = new Picture(java.util.List.of(dark ? photo.inverted() : photo))
                    .fitted(size, size)
                    .planes()
                    .get(0);
            return new Result(
                    scaled, "no ink was found in it, so it is only scaled" + (dark ? " and inverted" : ""), false);
        }
        Ink ink = InkFinder.find(contrast, threshold);
        String remark =
                (dark ? "dark ink on light paper inverted, " : "") + "ink found at " + place(ink, photo, reduced);
        double scale = BOX_SHARE * size / ink.longerSide();
        double stroke = ink.strokeWidth();
        if (stroke * scale < LEAST_STROKE) {
            ink = ink.thickened((LEAST_STROKE / scale - stroke) / 2);
            scale = BOX_SHARE * size / ink.longerSide();
            remark += ", thin strokes thickened";
        }
        return new Result(centred(ink.cropped(), scale, size), remark + ", scaled and centred like MNIST's", true);
    }

    /** Of the network's size, with a black border. */
    private static boolean isPrepared(Plane photo, int size) {
        if (photo.height() != size || photo.width() != size) {
            return false;
        }
        float brightest = 0;
        for (int i = 0; i < size; i++) {
            brightest = Math.max(brightest, Math.max(photo.at(0, i), photo.at(size - 1, i)));
            brightest = Math.max(brightest, Math.max(photo.at(i, 0), photo.at(i, size - 1)));
        }
        return brightest < 0.2;
    }

    private static Plane reduced(Plane photo) {
        double scale = (double) WORKING_SIDE / Math.max(photo.height(), photo.width());
        return scale >= 1
                ? photo
                : photo.resized(Math.max(1, (int) Math.round(scale * photo.height())), Math.max(1, (int)
                        Math.round(scale * photo.width())));
    }

    private static String place(Ink ink, Plane photo, Plane reduced) {
        double scale = (double) photo.width() / reduced.width();
        return Math.round(scale * ink.left()) + "," + Math.round(scale * ink.top()) + " to "
                + Math.round(scale * ink.right()) + "," + Math.round(scale * ink.bottom()) + " of " + photo.width()
                + "×"
                + photo.height();
    }

    /** Scales, and moves the centre of mass to the middle pixel, where MNIST's is on average. */
    private static Plane centred(Plane ink, double scale, int size) {
        int height = Math.max(1, (int) Math.round(scale * ink.height()));
        int width = Math.max(1, (int) Math.round(scale * ink.width()));
        Plane small = ink.resized(height, width);
        double mass = 0;
        double sumY = 0;
        double sumX = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                mass += small.at(y, x);
                sumY += y * small.at(y, x);
                sumX += x * small.at(y, x);
            }
        }
        int top = (int) Math.round(size / 2.0 - sumY / mass);
        int left = (int) Math.round(size / 2.0 - sumX / mass);
        float brightest = small.quantile(0.99);
        float[] result = new float[size * size];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int toY = top + y;
                int toX = left + x;
                if (toY >= 0 && toY < size && toX >= 0 && toX < size) {
                    result[toY * size + toX] = Math.min(1, small.at(y, x) / brightest);
                }
            }
        }
        return new Plane(size, size, result);
    }
}
