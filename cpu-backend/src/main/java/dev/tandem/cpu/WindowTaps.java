package dev.tandem.cpu;

import dev.tandem.backend.Window;

/**
 * For each input coordinate along one axis, the windows that see it: those of {@code from[i]} to {@code from[i + 1]} (not
 * included) are at output coordinate {@code output[j]} and see it as their element {@code tap[j]}, both already multiplied
 * for the axis.
 */
record WindowTaps(int[] from, int[] output, int[] tap) {
    static WindowTaps ofRows(Window window, int height, int outputHeight, int outputWidth) {
        return of(
                height,
                outputHeight,
                window.kernelHeight(),
                window.strideHeight(),
                window.padTop(),
                window.dilationHeight(),
                outputWidth,
                window.kernelWidth());
    }

    static WindowTaps ofColumns(Window window, int width, int outputWidth) {
        return of(
                width,
                outputWidth,
                window.kernelWidth(),
                window.strideWidth(),
                window.padLeft(),
                window.dilationWidth(),
                1,
                1);
    }

    private static WindowTaps of(
            int inputs, int outputs, int kernel, int stride, int padding, int dilation, int outputStep, int tapStep) {
        int[] from = new int[inputs + 1];
        int[] output = new int[inputs * kernel];
        int[] tap = new int[inputs * kernel];
        int count = 0;
        for (int input = 0; input < inputs; input++) {
            for (int k = 0; k < kernel; k++) {
                int start = input + padding - k * dilation;
                if (start >= 0 && start % stride == 0 && start / stride < outputs) {
                    output[count] = start / stride * outputStep;
                    tap[count++] = k * tapStep;
                }
            }
            from[input + 1] = count;
        }
        return new WindowTaps(from, output, tap);
    }
}
