package dev.tandem.cpu;

import dev.tandem.backend.Window;

/**
 * The rows of a window over a padded image with channels last, cut into vectors, in groups of {@link WindowRowKernels#UNITS}:
 * where each lies from the window's first element on, and which weight each of its lanes belongs to.
 */
final class WindowRows {
    private final Window window;
    private final int channels;
    private final int lanes;
    private final int rowFloats;
    private final int vectorsOfRow;
    private final int imageRow;

    /** @param imageRow floats of a padded image's row */
    WindowRows(Window window, int channels, int imageRow, int lanes) {
        this.window = window;
        this.channels = channels;
        this.lanes = lanes;
        this.imageRow = imageRow;
        this.rowFloats = channels * window.kernelWidth();
        this.vectorsOfRow = Math.ceilDiv(rowFloats, lanes);
    }

    int groups() {
        return Math.ceilDiv(window.kernelHeight() * vectorsOfRow, WindowRowKernels.UNITS);
    }

    int[] offsets(int group) {
        int[] offsets = new int[WindowRowKernels.UNITS];
        for (int place = 0; place < offsets.length; place++) {
            int unit = group * offsets.length + place;
            if (unit < window.kernelHeight() * vectorsOfRow) {
                offsets[place] = unit / vectorsOfRow * imageRow + unit % vectorsOfRow * lanes;
            }
        }
        return offsets;
    }

    /**
     * The place in an output's weights, {@code [C, kernelHeight, kernelWidth]}, of a group's element {@code place·lanes + lane};
     * −1 where that is beyond the row's end or the window's.
     */
    int weight(int group, int element) {
        int unit = group * WindowRowKernels.UNITS + element / lanes;
        int row = unit / vectorsOfRow;
        int within = unit % vectorsOfRow * lanes + element % lanes;
        if (row >= window.kernelHeight() || within >= rowFloats) {
            return -1;
        }
        int column = within / channels;
        int channel = within % channels;
        return (channel * window.kernelHeight() + row) * window.kernelWidth() + column;
    }

    /** Floats of a group. */
    int elements() {
        return WindowRowKernels.UNITS * lanes;
    }
}
