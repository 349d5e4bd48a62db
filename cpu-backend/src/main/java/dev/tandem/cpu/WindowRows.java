package dev.tandem.cpu;

import dev.tandem.backend.Window;

/**
 * For each row of an image, the windows' rows that see it: those of {@code from[row]} to {@code from[row + 1]} (not included) are
 * in output row {@code output[i]} and see it as their row {@code tap[i]}.
 */
record WindowRows(int[] from, int[] output, int[] tap) {
    static WindowRows of(Window window, int height, int outputHeight) {
        int[] from = new int[height + 1];
        int[] output = new int[height * window.kernelHeight()];
        int[] tap = new int[output.length];
        int count = 0;
        for (int row = 0; row < height; row++) {
            for (int k = 0; k < window.kernelHeight(); k++) {
                int start = row + window.padTop() - k * window.dilationHeight();
                if (start >= 0 && start % window.strideHeight() == 0 && start / window.strideHeight() < outputHeight) {
                    output[count] = start / window.strideHeight();
                    tap[count++] = k;
                }
            }
            from[row + 1] = count;
        }
        return new WindowRows(from, output, tap);
    }
}
