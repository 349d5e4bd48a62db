package dev.tandem.cpu;

import java.util.ArrayList;
import java.util.List;

/**
 * Which lanes go where when vectors of pixels with channels last become vectors of one channel, and back. Each result is
 * put together from {@link PlanarKernels#CHANNELS} vectors, of which those beyond the number of channels give nothing. The last
 * vector of a row ends where the row does, and so overlaps the one before.
 */
final class PlaneShuffle {
    private static final int UNITS = PlanarKernels.CHANNELS;

    /** {@code [channel, source vector, lane]}: the lane to take. */
    final int[] splitLanes;
    /** {@code [channel, source vector, lane]}: all bits where it is taken, else none. */
    final int[] splitMasks;
    /** For each vector of pixels, bytes from the image's first pixel; */
    final int[] splitFrom;
    /** and bytes from the plane's first element. */
    final int[] splitTo;
    /** {@code [phase, channel, lane]}; the phase is the channel of a vector's first lane. */
    final int[] joinLanes;

    final int[] joinMasks;
    /** For each phase and each vector of it, bytes from the plane's first element; */
    final int[][] joinFrom;
    /** and bytes from the image's first pixel. */
    final int[][] joinTo;

    /** @param planes of at most {@code UNITS} channels, with rows of at least a vector */
    PlaneShuffle(Planes planes, int lanes) {
        int channels = planes.channels();
        splitLanes = new int[channels * UNITS * lanes];
        splitMasks = new int[splitLanes.length];
        joinLanes = new int[channels * UNITS * lanes];
        joinMasks = new int[joinLanes.length];
        for (int channel = 0; channel < channels; channel++) {
            for (int lane = 0; lane < lanes; lane++) {
                int element = lane * channels + channel; // of the pixels whose channel it is
                set(splitLanes, splitMasks, (channel * UNITS + element / lanes) * lanes + lane, element % lanes);
                element = channel + lane; // of the pixels from this phase on
                set(joinLanes, joinMasks, (channel * UNITS + element % channels) * lanes + lane, element / channels);
            }
        }
        int[] columns = starts(planes.width(), lanes);
        splitFrom = new int[planes.height() * columns.length];
        splitTo = new int[splitFrom.length];
        for (int i = 0; i < splitFrom.length; i++) {
            int row = i / columns.length;
            int column = columns[i % columns.length];
            splitFrom[i] = (row * planes.width() + column) * channels * Float.BYTES;
            splitTo[i] = planes.imageOffset(row, column);
        }
        joinFrom = new int[channels][];
        joinTo = new int[channels][];
        for (int phase = 0; phase < channels; phase++) {
            join(planes, lanes, phase);
        }
    }

    private static void set(int[] lanes, int[] masks, int at, int lane) {
        lanes[at] = lane;
        masks[at] = -1;
    }

    private void join(Planes planes, int lanes, int phase) {
        int rowFloats = planes.width() * planes.channels();
        List<Integer> from = new ArrayList<>();
        List<Integer> to = new ArrayList<>();
        for (int row = 0; row < planes.height(); row++) {
            for (int start : starts(rowFloats, lanes)) {
                if (start % planes.channels() == phase) {
                    from.add(planes.imageOffset(row, start / planes.channels()));
                    to.add((row * rowFloats + start) * Float.BYTES);
                }
            }
        }
        joinFrom[phase] = from.stream().mapToInt(Integer::intValue).toArray();
        joinTo[phase] = to.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Where vectors that cover so many elements start. */
    private static int[] starts(int count, int lanes) {
        int[] starts = new int[Math.ceilDiv(count, lanes)];
        for (int i = 0; i < starts.length; i++) {
            starts[i] = Math.min(i * lanes, count - lanes);
        }
        return starts;
    }
}
