package dev.tandem.data.image;

import java.util.Arrays;

/** One channel of an image: brightness from 0 (black) to 1 (white), row by row. Immutable by convention. */
public record Plane(int height, int width, float[] values) {
    public float at(int y, int x) {
        return values[y * width + x];
    }

    /** Scaled, {@linkplain Interpolation#BILINEAR bilinear}. */
    public Plane resized(int newHeight, int newWidth) {
        return resized(newHeight, newWidth, new Window(0, 0, newHeight, newWidth), Interpolation.BILINEAR);
    }

    /** A part of what scaling gives; the rest of it is never computed. Columns first, as Pillow does: clipping shows the order. */
    Plane resized(int newHeight, int newWidth, Window part, Interpolation interpolation) {
        return transposed()
                .rescaledRows(newWidth, part.left(), part.width(), interpolation)
                .transposed()
                .rescaledRows(newHeight, part.top(), part.height(), interpolation);
    }

    /** Rows {@code first} to {@code first + count − 1} of {@code newHeight}. */
    private Plane rescaledRows(int newHeight, int first, int count, Interpolation interpolation) {
        if (newHeight == height && count == height) {
            return this;
        }
        float[] result = new float[count * width];
        ScaledAxis rows = new ScaledAxis(height, newHeight, first, count, interpolation);
        for (int y = 0; y < count; y++) {
            float[] shares = rows.shares(y);
            for (int k = 0; k < shares.length; k++) {
                int row = (rows.from(y) + k) * width;
                for (int x = 0; x < width; x++) {
                    result[y * width + x] += shares[k] * values[row + x];
                }
            }
        }
        return new Plane(count, width, interpolation == Interpolation.BICUBIC ? clipped(result) : result);
    }

    /** Cubics shoot over where it goes from dark to bright; Pillow cuts that off after each axis. */
    private static float[] clipped(float[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.min(1, Math.max(0, values[i]));
        }
        return values;
    }

    public Plane transposed() {
        float[] result = new float[values.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                result[x * height + y] = at(y, x);
            }
        }
        return new Plane(width, height, result);
    }

    public Plane cropped(int top, int left, int newHeight, int newWidth) {
        float[] result = new float[newHeight * newWidth];
        for (int y = 0; y < newHeight; y++) {
            System.arraycopy(values, (top + y) * width + left, result, y * newWidth, newWidth);
        }
        return new Plane(newHeight, newWidth, result);
    }

    /** Repeats the outermost pixels on every side. */
    public Plane padded(int margin) {
        int newWidth = width + 2 * margin;
        float[] result = new float[(height + 2 * margin) * newWidth];
        for (int i = 0; i < result.length; i++) {
            int y = Math.min(height - 1, Math.max(0, i / newWidth - margin));
            int x = Math.min(width - 1, Math.max(0, i % newWidth - margin));
            result[i] = at(y, x);
        }
        return new Plane(height + 2 * margin, newWidth, result);
    }

    public Plane inverted() {
        float[] result = new float[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = 1 - values[i];
        }
        return new Plane(height, width, result);
    }

    /** The largest value within a square around each pixel. */
    public Plane dilated(int radius) {
        return dilatedRows(radius).transposed().dilatedRows(radius).transposed();
    }

    /** The smallest value within a square around each pixel. */
    public Plane eroded(int radius) {
        return inverted().dilated(radius).inverted();
    }

    private Plane dilatedRows(int radius) {
        float[] result = new float[values.length];
        Arrays.fill(result, Float.NEGATIVE_INFINITY);
        for (int y = 0; y < height; y++) {
            for (int row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row++) {
                for (int x = 0; x < width; x++) {
                    result[y * width + x] = Math.max(result[y * width + x], at(row, x));
                }
            }
        }
        return new Plane(height, width, result);
    }

    /** The mean within a square around each pixel. */
    public Plane blurred(int radius) {
        return blurredRows(radius).transposed().blurredRows(radius).transposed();
    }

    private Plane blurredRows(int radius) {
        float[] result = new float[values.length];
        for (int y = 0; y < height; y++) {
            int from = Math.max(0, y - radius);
            int to = Math.min(height - 1, y + radius);
            for (int row = from; row <= to; row++) {
                for (int x = 0; x < width; x++) {
                    result[y * width + x] += at(row, x) / (to - from + 1);
                }
            }
        }
        return new Plane(height, width, result);
    }

    /** The value that a share of all are below. */
    public float quantile(double share) {
        return quantile(values, share);
    }

    public static float quantile(float[] values, double share) {
        float[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.round(share * (sorted.length - 1))];
    }

    /** The value that parts dark from bright best (Otsu 1979, https://doi.org/10.1109/TSMC.1979.4310076). */
    public float threshold() {
        int[] histogram = new int[256];
        double sum = 0;
        for (float value : values) {
            int bin = Math.round(Math.min(1, Math.max(0, value)) * 255);
            histogram[bin]++;
            sum += bin;
        }
        double best = -1;
        int threshold = 0;
        double below = 0;
        double sumBelow = 0;
        for (int bin = 0; bin < 255; bin++) {
            below += histogram[bin];
            sumBelow += (double) bin * histogram[bin];
            double above = values.length - below;
            if (below == 0 || above == 0) {
                continue;
            }
            double distance = sumBelow / below - (sum - sumBelow) / above;
            double between = below * above * distance * distance;
            if (between > best) {
                best = between;
                threshold = bin;
            }
        }
        return (threshold + 0.5f) / 255;
    }
}
