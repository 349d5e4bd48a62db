package dev.tandem.data.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How a camera was held: JPEG files tell it in EXIF's orientation tag (CIPA DC-008, 4.6.4), which is TIFF's, and javax.imageio does
 * not look at it.
 */
final class Orientation {
    private static final int UPRIGHT = 1;
    private static final int FIRST_TURNED = 5; // these and the ones above stand on their side

    private Orientation() {}

    /** 1 to 8 as in EXIF; 1, upright, for anything else. */
    static int of(byte[] file) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(file);
            if (ImageFormat.of(file).orElse(null) == ImageFormat.TIFF) {
                return inTiff(bytes);
            }
            if (bytes.remaining() < 4 || (bytes.getShort() & 0xffff) != 0xffd8) {
                return UPRIGHT;
            }
            while (bytes.remaining() > 4) {
                int marker = bytes.getShort() & 0xffff;
                int length = bytes.getShort() & 0xffff;
                if (marker == 0xffe1 && bytes.getInt(bytes.position()) == 0x45786966) { // "Exif"
                    return inTiff(bytes.slice(bytes.position() + 6, length - 8));
                }
                if ((marker & 0xff00) != 0xff00 || marker == 0xffda) {
                    return UPRIGHT;
                }
                bytes.position(bytes.position() + length - 2);
            }
        } catch (RuntimeException e) {
            // A damaged header: whatever it wanted to tell, the image may be good.
        }
        return UPRIGHT;
    }

    private static int inTiff(ByteBuffer tiff) {
        tiff.order(tiff.getShort(0) == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = tiff.getInt(4);
        int entries = tiff.getShort(directory) & 0xffff;
        for (int i = 0; i < entries; i++) {
            int entry = directory + 2 + 12 * i;
            if (tiff.getShort(entry) == 0x0112) {
                int value = tiff.getShort(entry + 8);
                return value >= 1 && value <= 8 ? value : UPRIGHT;
            }
        }
        return UPRIGHT;
    }

    /** Turns a plane upright. */
    static Plane apply(int orientation, Plane plane) {
        switch (orientation) {
            case 2:
                return mirrored(plane);
            case 3:
                return mirrored(flipped(plane));
            case 4:
                return flipped(plane);
            case 5:
                return plane.transposed();
            case 6: // a quarter to the right
                return mirrored(plane.transposed());
            case 7:
                return mirrored(flipped(plane.transposed()));
            case 8: // a quarter to the left
                return flipped(plane.transposed());
            default:
                return plane;
        }
    }

    /** Whether height and width change places. */
    static boolean turns(int orientation) {
        return orientation >= FIRST_TURNED;
    }

    /** Where a part of the upright image lies in the file's, of {@code height} and {@code width}. */
    static Window before(int orientation, Window part, int height, int width) {
        boolean turned = turns(orientation);
        boolean flipped = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
        boolean mirrored = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
        int top = flipped ? (turned ? width : height) - part.height() - part.top() : part.top();
        int left = mirrored ? (turned ? height : width) - part.width() - part.left() : part.left();
        return turned
                ? new Window(left, top, part.width(), part.height())
                : new Window(top, left, part.height(), part.width());
    }

    private static Plane mirrored(Plane plane) {
        float[] result = new float[plane.values().length];
        for (int y = 0; y < plane.height(); y++) {
            for (int x = 0; x < plane.width(); x++) {
                result[y * plane.width() + x] = plane.at(y, plane.width() - 1 - x);
            }
        }
        return new Plane(plane.height(), plane.width(), result);
    }

    private static Plane flipped(Plane plane) {
        return mirrored(plane.transposed()).transposed();
    }
}
