package dev.tandem.cli.image;

import dev.tandem.data.image.Plane;

/** Where the ink of a digit is: 0 for paper, 1 for ink; and the box around it, the last row and column included. */
record Ink(Plane values, int top, int left, int bottom, int right) {
    private static final float EDGE = 0.5f;

    static Ink of(Plane values) {
        int top = values.height();
        int left = values.width();
        int bottom = -1;
        int right = -1;
        for (int y = 0; y < values.height(); y++) {
            for (int x = 0; x < values.width(); x++) {
                if (values.at(y, x) > EDGE) {
                    top = Math.min(top, y);
                    bottom = Math.max(bottom, y);
                    left = Math.min(left, x);
                    right = Math.max(right, x);
                }
            }
        }
        return new Ink(values, top, left, bottom, right);
    }

    int longerSide() {
        return Math.max(bottom - top, right - left) + 1;
    }

    /** Area over half the outline, which for a line is its width. */
    double strokeWidth() {
        int area = 0;
        int outline = 0;
        for (int y = top; y <= bottom; y++) {
            for (int x = left; x <= right; x++) {
                if (values.at(y, x) > EDGE) {
                    area++;
                    outline += isInk(y - 1, x) ? 0 : 1;
                    outline += isInk(y + 1, x) ? 0 : 1;
                    outline += isInk(y, x - 1) ? 0 : 1;
                    outline += isInk(y, x + 1) ? 0 : 1;
                }
            }
        }
        return 2.0 * area / outline;
    }

    private boolean isInk(int y, int x) {
        return y >= 0 && x >= 0 && y < values.height() && x < values.width() && values.at(y, x) > EDGE;
    }

    /** Every stroke grown by a radius to each side, as a rounder pen would have drawn it. */
    Ink thickened(double radius) {
        int reach = (int) Math.ceil(radius);
        int height = values.height() + 2 * reach;
        int width = values.width() + 2 * reach;
        float[] result = new float[height * width];
        for (int y = 0; y < values.height(); y++) {
            for (int x = 0; x < values.width(); x++) {
                float value = values.at(y, x);
                if (value == 0) {
                    continue;
                }
                for (int dy = -reach; dy <= reach; dy++) {
                    for (int dx = -reach; dx <= reach; dx++) {
                        float cover = (float) Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(dy, dx)));
                        int index = (y + reach + dy) * width + x + reach + dx;
                        result[index] = Math.max(result[index], value * cover);
                    }
                }
            }
        }
        return of(new Plane(height, width, result));
    }

    Plane cropped() {
        return values.cropped(top, left, bottom - top + 1, right - left + 1);
    }
}
