package dev.tandem.inspect;

/**
 * How much each place counts.
 *
 * @param values row by row
 */
public record HeatMap(int height, int width, float[] values) {
    /** Scaled linearly between the places' centres; beyond the outermost centres their values go on. */
    public HeatMap resized(int newHeight, int newWidth) {
        float[] result = new float[newHeight * newWidth];
        for (int y = 0; y < newHeight; y++) {
            float row = clamp((y + 0.5f) * height / newHeight - 0.5f, height);
            int top = (int) row;
            int bottom = Math.min(top + 1, height - 1);
            for (int x = 0; x < newWidth; x++) {
                float column = clamp((x + 0.5f) * width / newWidth - 0.5f, width);
                int left = (int) column;
                int right = Math.min(left + 1, width - 1);
                float above = mix(at(top, left), at(top, right), column - left);
                float below = mix(at(bottom, left), at(bottom, right), column - left);
                result[y * newWidth + x] = mix(above, below, row - top);
            }
        }
        return new HeatMap(newHeight, newWidth, result);
    }

    /** Divided by the largest value; what is negative becomes 0, and so does everything where nothing is above 0. */
    public HeatMap normalised() {
        return normalised(largest());
    }

    /** The largest value; 0 if none is above. */
    public float largest() {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, value);
        }
        return largest;
    }

    /** Divided by {@code scale}, which no value may be above; what is negative becomes 0, and everything where the scale is 0. */
    public HeatMap normalised(float scale) {
        float[] result = new float[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = scale > 0 ? Math.max(0, values[i]) / scale : 0;
        }
        return new HeatMap(height, width, result);
    }

    public float at(int y, int x) {
        return values[y * width + x];
    }

    private static float clamp(float place, int size) {
        return Math.max(0, Math.min(place, size - 1));
    }

    private static float mix(float a, float b, float share) {
        return a + share * (b - a);
    }
}
